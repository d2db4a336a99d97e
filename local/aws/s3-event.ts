import { randomBytes, randomUUID } from 'node:crypto';

/** An object at the time of the event. */
interface S3EventObject {
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  readonly region: string;
  /** One of the events that can trigger the pipeline. */
  readonly eventName: 'ObjectCreated:Put' | 'ObjectCreated:CompleteMultipartUpload' | 'ObjectRemoved:DeleteMarkerCreated';
  /** In bytes; absent for deletions. */
  readonly size?: number | undefined;
  /** With or without quotes. */
  readonly eTag?: string | undefined;
}

/** An S3 event notification, as the function receives it. */
export type S3Event = ReturnType<typeof s3Event>;

const PRINCIPAL = 'A1B2C3D4E5F6G7';

/**
 * Builds the event notification, version 2.1, that S3 sends for one object
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html). Every call is a new version with a higher
 * sequencer than all before it.
 */
export function s3Event({ bucket, key, region, eventName, size, eTag }: S3EventObject, now = new Date()) {
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: now.toISOString(),
    eventName,
    userIdentity: { principalId: `AWS:${PRINCIPAL}` },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: {
      'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(),
      'x-amz-id-2': randomBytes(56).toString('base64'),
    },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'image-uploads',
      bucket: { name: bucket, ownerIdentity: { principalId: PRINCIPAL }, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: encodeKey(key),
        ...(size === undefined ? {} : { size }),
        ...(eTag === undefined ? {} : { eTag: eTag.replaceAll('"', '') }),
        versionId: randomBytes(24).toString('base64url').replaceAll('-', '.'),
        sequencer: nextSequencer(now),
      },
    },
  };
  return { Records: [record] };
}

/** Encodes a key as S3 does in events: form encoding, where a space becomes `+`, but slashes stay as they are. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

let lastSequencer = 0n;

/**
 * Returns a sequencer like those of S3: seconds and a fraction of a second in upper-case hexadecimal, without trailing zero bytes, so that
 * lengths differ. It increases with every call, even if the clock does not.
 */
export function nextSequencer(now: Date): string {
  const milliseconds = BigInt(now.getTime());
  const ofClock = ((milliseconds / 1000n) << 32n) | (((milliseconds % 1000n) << 32n) / 1000n);
  lastSequencer = ofClock > lastSequencer ? ofClock : lastSequencer + 1n;
  return `00${lastSequencer.toString(16).toUpperCase().padStart(16, '0')}`.replace(/(00)+$/, '');
}

/** The fields of an S3 notification's record that EventBridge's event has, too. */
interface NotifiedEvent {
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
export function eventBridgeEvent({ eventName, eventTime, awsRegion, s3 }: NotifiedEvent): object {
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
      'request-id': sequencer,
      requester: '000000000000',
      'source-ip-address': '127.0.0.1',
      reason: REASONS[action] ?? action,
      ...(!created && { 'deletion-type': action === 'DeleteMarkerCreated' ? 'Delete Marker Created' : 'Permanently Deleted' }),
    },
  };
}
