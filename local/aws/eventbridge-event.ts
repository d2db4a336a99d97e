import { randomUUID } from 'node:crypto';

/** The fields of an S3 notification's record that EventBridge's event has, too. */
interface S3EventRecord {
  readonly eventName: string;
  readonly eventTime: string;
  readonly awsRegion: string;
  readonly s3: {
    readonly bucket: { readonly name: string; readonly arn: string };
    readonly object: {
      readonly key: string;
      readonly size?: unknown;
      readonly eTag?: unknown;
      readonly versionId?: unknown;
      readonly sequencer: string;
    };
  };
}

/** S3's name of the request behind an event, by the second half of the notification's name. */
const REASONS: Readonly<Record<string, string>> = {
  Put: 'PutObject',
  CompleteMultipartUpload: 'CompleteMultipartUpload',
  Delete: 'DeleteObject',
  DeleteMarkerCreated: 'DeleteObject',
};

/** Converts a record of an S3 notification to the event that EventBridge would deliver (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html). */
export function eventBridgeEvent({ eventName, eventTime, awsRegion, s3 }: S3EventRecord): object {
  const [family = '', action = ''] = eventName.split(':');
  const created = family === 'ObjectCreated';
  const { key, size, eTag, versionId, sequencer } = s3.object;
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': created ? 'Object Created' : 'Object Deleted',
    source: 'aws.s3',
    account: '000000000000',
    time: eventTime,
    region: awsRegion,
    resources: [s3.bucket.arn],
    detail: {
      version: '0',
      bucket: { name: s3.bucket.name },
      object: {
        key: decodeURIComponent(key.replaceAll('+', ' ')),
        ...(size !== undefined && { size }),
        ...(eTag !== undefined && { etag: eTag }),
        'version-id': versionId,
        sequencer,
      },
      'request-id': s3.object.sequencer,
      requester: '000000000000',
      'source-ip-address': '127.0.0.1',
      reason: REASONS[action] ?? action,
      ...(!created && { 'deletion-type': action === 'DeleteMarkerCreated' ? 'Delete Marker Created' : 'Permanently Deleted' }),
    },
  };
}
