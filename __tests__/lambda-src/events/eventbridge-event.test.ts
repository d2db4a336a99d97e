import { describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { handlerSettings } from '../../../config/handler-settings.ts';
import { asS3Record } from '../../../lambda-src/events/eventbridge-event.ts';
import { parseS3Event } from '../../../lambda-src/events/s3-event.ts';
import { eventBridgeEvent, s3Event } from '../../../local/aws/s3-event.ts';

const RESOURCES = { uploadBucket: 'uploads', outputBucket: 'renditions', tableName: 'records', topicArn: 'arn' };
const settings = { ...handlerSettings(deploymentOf('photo-sharing', 'dev', 'arm64'), RESOURCES), deletePropagation: true };
const NOW = new Date('2026-03-04T05:06:07.000Z');

/** The example from the S3 documentation. */
function created(object: object = {}, detail: object = {}): object {
  return {
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '123456789012',
    time: '2021-11-12T00:00:00Z',
    region: 'ca-central-1',
    resources: ['arn:aws:s3:::uploads'],
    detail: {
      version: '0',
      bucket: { name: 'uploads' },
      object: {
        key: 'example.jpg',
        size: 5,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
        sequencer: '617f08299329d189',
        ...object,
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      'source-ip-address': '1.2.3.4',
      reason: 'PutObject',
      ...detail,
    },
  };
}

describe('an EventBridge event', () => {
  test.each([undefined, 'SomethingNew'])('of a creation for the reason %j is a plain upload', (reason) => {
    expect(asS3Record(created({}, { reason }))).toMatchObject({ eventName: 'ObjectCreated:Put' });
  });

  test('is read like an S3 notification', () => {
    expect(parseS3Event(created(), settings, NOW)).toEqual([
      {
        kind: 'upload',
        event: {
          kind: 'created',
          bucket: 'uploads',
          key: 'example.jpg',
          malformedKey: false,
          versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
          etag: 'b1946ac92492d2347c6235b4d2611184',
          size: 5,
          sequencer: '617F08299329D189'.padEnd(40, '0'),
          time: new Date('2021-11-12T00:00:00Z'),
        },
      },
    ]);
  });

  test.each(['a b.jpg', 'a+b.jpg', '100%.jpg', 'a%2Fb.jpg', 'Grüße/Ärger (1)!.jpg', 'Gru\u0308ße.jpg', "../😀*~'.jpg", '/leading//.jpg'])(
    'has its key as it is: %s',
    (key) => {
      expect(parseS3Event(created({ key }), settings, NOW)).toMatchObject([{ event: { key, malformedKey: false } }]);
    },
  );

  test.each(['ObjectCreated:Put', 'ObjectCreated:CompleteMultipartUpload', 'ObjectRemoved:DeleteMarkerCreated'] as const)(
    'has the same meaning as an S3 notification of %s',
    (eventName) => {
      const notification = s3Event(
        { bucket: 'uploads', key: 'Sommer 2026/a+b.jpg', region: 'us-west-2', eventName, size: 5, eTag: '"e"' },
        NOW,
      );
      const [record] = notification.Records;

      const parsed = record && parseS3Event(eventBridgeEvent(record), settings, NOW);

      expect(parsed).toEqual(parseS3Event(notification, settings, NOW));
      expect(parsed).toMatchObject([{ kind: 'upload' }]);
    },
  );

  test.each([
    ['PutObject', undefined, 'ObjectCreated:Put'],
    ['CopyObject', undefined, 'ObjectCreated:Copy'],
    ['POST Object', undefined, 'ObjectCreated:Post'],
    ['CompleteMultipartUpload', undefined, 'ObjectCreated:CompleteMultipartUpload'],
    ['DeleteObject', 'Delete Marker Created', 'ObjectRemoved:DeleteMarkerCreated'],
    ['DeleteObject', 'Permanently Deleted', 'ObjectRemoved:Delete'],
    ['Lifecycle Expiration', 'Delete Marker Created', 'LifecycleExpiration:DeleteMarkerCreated'],
    ['Lifecycle Expiration', 'Permanently Deleted', 'LifecycleExpiration:Delete'],
  ])('with the reason %s and the deletion type %s becomes %s', (reason, deletion, eventName) => {
    const event = created({}, { reason, ...(deletion !== undefined && { 'deletion-type': deletion }) });
    const type = deletion === undefined ? 'Object Created' : 'Object Deleted';

    expect(asS3Record({ ...event, 'detail-type': type })).toMatchObject({ eventName });
  });

  test('may lack the version, the ETag, the size and the sequencer', () => {
    const detail = { object: { key: 'example.jpg' } };

    const [parsed] = parseS3Event(created({}, detail), settings, NOW);

    expect(parsed).toMatchObject({ kind: 'upload', event: { versionId: undefined, etag: undefined, size: undefined } });
  });

  test.each([
    ['another type', { ...created(), 'detail-type': 'Object Tags Added' }],
    ['another service', { ...created(), source: 'aws.ec2' }],
    ['another bucket', created({}, { bucket: { name: 'others' } })],
    ['another suffix', created({ key: 'notes.txt' })],
    ['no key', created({ key: '' })],
    ['a key that is not valid Unicode', created({ key: '\ud800.jpg' })],
    ['no object', { ...created(), detail: {} }],
  ])('with %s is ignored', (_what, event) => {
    expect(parseS3Event(event, settings, NOW)).toMatchObject([{ kind: 'ignored' }]);
  });
});
