import { describe, expect, test } from '@jest/globals';
import { encodeKey, nextSequencer, s3Event } from '../../../local/aws/s3-event.ts';

const PHOTO = { bucket: 'uploads', key: 'a photo.jpg', region: 'us-west-2', eventName: 'ObjectCreated:Put' } as const;

describe('an S3 event', () => {
  test('has the fields that S3 sends', () => {
    const event = s3Event({ ...PHOTO, size: 1024, eTag: '"d41d8cd98f00b204e9800998ecf8427e"' }, new Date('2026-05-04T03:02:01.007Z'));

    expect(event.Records).toEqual([
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'us-west-2',
        eventTime: '2026-05-04T03:02:01.007Z',
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: expect.stringMatching(/^AWS:[A-Z0-9]+$/) },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: {
          'x-amz-request-id': expect.stringMatching(/^[0-9A-F]{16}$/),
          'x-amz-id-2': expect.stringMatching(/^[A-Za-z0-9+/]{75}=$/),
        },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: expect.any(String),
          bucket: { name: 'uploads', ownerIdentity: { principalId: expect.any(String) }, arn: 'arn:aws:s3:::uploads' },
          object: {
            key: 'a+photo.jpg',
            size: 1024,
            eTag: 'd41d8cd98f00b204e9800998ecf8427e',
            versionId: expect.stringMatching(/^[A-Za-z0-9_.]{32}$/),
            sequencer: expect.stringMatching(/^00[0-9A-F]{8,16}$/),
          },
        },
      },
    ]);
  });

  test('has a new version each time', () => {
    const versions = Array.from({ length: 20 }, () => s3Event(PHOTO).Records[0]?.s3.object.versionId);

    expect(new Set(versions).size).toBe(20);
  });

  test('has neither size nor ETag for a deletion', () => {
    const object = s3Event({ ...PHOTO, eventName: 'ObjectRemoved:DeleteMarkerCreated' }).Records[0]?.s3.object;

    expect(Object.keys(object ?? {})).toEqual(['key', 'versionId', 'sequencer']);
  });
});

describe('a key in an event', () => {
  test.each([
    ['my photo.jpg', 'my+photo.jpg'],
    ['a+b.jpg', 'a%2Bb.jpg'],
    ['100%.jpg', '100%25.jpg'],
    ['a%20b.jpg', 'a%2520b.jpg'],
    ['uploads/2026/x.jpg', 'uploads/2026/x.jpg'],
    ['Grüße aus Köln.JPG', 'Gr%C3%BC%C3%9Fe+aus+K%C3%B6ln.JPG'],
    ["(it's)!~*.jpg", '%28it%27s%29%21%7E*.jpg'],
    ['😀/a\nb.png', '%F0%9F%98%80/a%0Ab.png'],
  ])('%j is encoded as %s and decoded unchanged', (key, encoded) => {
    expect(encodeKey(key)).toBe(encoded);
    expect(decodeURIComponent(encoded.replaceAll('+', ' '))).toBe(key);
  });
});

describe('sequencers', () => {
  const inOrder = (sequencers: readonly string[]): string[] => sequencers.map((text) => text.padEnd(20, '0')).toSorted();

  test('increase with every event, whatever the clock does, in the order that S3 documents', () => {
    const clock = [1_800_000_000_000, 1_800_000_000_000, 1_799_999_999_999, 1_800_000_000_001, 1_800_000_060_500];

    const sequencers = clock.flatMap((time) => Array.from({ length: 300 }, () => nextSequencer(new Date(time))));

    expect(sequencers.map((text) => text.padEnd(20, '0'))).toEqual(inOrder(sequencers));
    expect(new Set(inOrder(sequencers)).size).toBe(sequencers.length);
  });

  test('differ in length, like those of S3', () => {
    const lengths = [0, 500, 501].map((milliseconds) => nextSequencer(new Date(1_900_000_000_000 + milliseconds)).length);

    expect(new Set(lengths).size).toBeGreaterThan(1);
  });
});
