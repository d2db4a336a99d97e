import { describe, expect, test } from '@jest/globals';
import { RECONCILIATION } from '../../../lambda-src/backfill.ts';
import type { HandlerSettings } from '../../../lambda-src/contract/environment.ts';
import { parseS3Event, reasonToIgnore, reconciledEvent } from '../../../lambda-src/events/s3-event.ts';
import { SETTINGS } from '../../in-memory/pipeline.ts';

const NOW = new Date('2026-06-01T00:00:00.000Z');
const OBJECT = { key: 'my+photo.jpg', size: 3, eTag: 'e1', versionId: 'v1', sequencer: '0055' };

function record({ object = {}, ...different }: { object?: Record<string, unknown>; eventName?: unknown; eventTime?: unknown } = {}) {
  return {
    eventName: 'ObjectCreated:Put',
    eventTime: '2026-03-04T05:06:07.089Z',
    s3: { bucket: { name: 'uploads' }, object: { ...OBJECT, ...object } },
    ...different,
  };
}

function parse(payload: unknown, settings: Partial<HandlerSettings> = {}) {
  return parseS3Event(payload, { ...SETTINGS, ...settings }, NOW);
}

const parseOne = (...[different, settings]: [Parameters<typeof record>[0]?, Partial<HandlerSettings>?]) =>
  parse({ Records: [record(different)] }, settings)[0];

test('the event of a reconciliation only names a key: the function looks up the rest', () => {
  expect(
    parse({ Records: [{ eventName: 'Reconciled', s3: { bucket: { name: 'uploads' }, object: { key: 'my+photo.jpg' } } }] })[0],
  ).toEqual({
    kind: 'upload',
    event: {
      ...{ kind: 'reconciled', bucket: 'uploads', key: 'my photo.jpg', malformedKey: false, sequencer: '', job: RECONCILIATION, time: NOW },
      ...{ versionId: undefined, etag: undefined, size: undefined },
    },
  });
});

test.each(['my photo.jpg', 'in/100%+ü&=.jpg'])('the event that a reconciliation sends for %s is parsed as one', (key) => {
  const time = new Date('2026-03-04T05:06:07.089Z');

  expect(parse(reconciledEvent('uploads', key, time))).toMatchObject([
    { kind: 'upload', event: { kind: 'reconciled', bucket: 'uploads', key, malformedKey: false, time } },
  ]);
});

describe('an upload', () => {
  test('is read completely', () => {
    expect(parseOne()).toEqual({
      kind: 'upload',
      event: {
        kind: 'created',
        bucket: 'uploads',
        key: 'my photo.jpg',
        malformedKey: false,
        versionId: 'v1',
        etag: 'e1',
        size: 3,
        sequencer: '0055'.padEnd(40, '0'),
        time: new Date('2026-03-04T05:06:07.089Z'),
      },
    });
  });

  test('whose key cannot be decoded keeps it as it came', () => {
    expect(parseOne({ object: { key: '100%.jpg' } })).toMatchObject({ kind: 'upload', event: { key: '100%.jpg', malformedKey: true } });
  });

  test.each<[what: string, object: Record<string, unknown>, read: Record<string, unknown>]>([
    ['an ETag in quotes', { eTag: '"e1"' }, { etag: 'e1' }],
    ['an empty ETag', { eTag: '""' }, { etag: undefined }],
    ['an ETag that is no text', { eTag: 5 }, { etag: undefined }],
    ['an empty version', { versionId: '' }, { versionId: undefined }],
    ['a version that is no text', { versionId: 5 }, { versionId: undefined }],
    ['a size below zero', { size: -1 }, { size: undefined }],
    ['a size of zero', { size: 0 }, { size: 0 }],
    ['a size that is no number', { size: 'big' }, { size: undefined }],
    ['a sequencer that is no text', { sequencer: 5 }, { sequencer: '0069A7BDBF16C8B439'.padEnd(40, '0') }],
  ])('with %s is still an upload', (_what, object, read) => {
    const parsed = parseOne({ object });

    expect(parsed).toMatchObject({ kind: 'upload' });
    expect(parsed?.kind === 'upload' && parsed.event).toMatchObject(read);
  });

  test.each([undefined, 'yesterday'])('with the time %j gets the time of the invocation', (eventTime) => {
    expect(parseOne({ eventTime })).toMatchObject({ kind: 'upload', event: { time: NOW } });
  });
});

describe('the type of an event', () => {
  test.each([
    ['ObjectCreated:Put', 'created'],
    ['s3:ObjectCreated:CompleteMultipartUpload', 'created'],
    ['ObjectRemoved:Delete', 'removed'],
    ['s3:ObjectRemoved:DeleteMarkerCreated', 'removed'],
    ['LifecycleExpiration:Delete', 'removed'],
    ['s3:LifecycleExpiration:DeleteMarkerCreated', 'removed'],
  ])('%s is read as %s', (eventName, kind) => {
    expect(parseOne({ eventName }, { deletePropagation: true })).toMatchObject({ kind: 'upload', event: { kind } });
  });

  test.each(['ObjectTagging:Put', 'xObjectCreated:Put', 'xObjectRemoved:Delete', 'ObjectCreatedLater:Put', 'ObjectRemovedLater:x'])(
    '%s is ignored',
    (eventName) => {
      expect(parseOne({ eventName }, { deletePropagation: true })).toEqual({
        kind: 'ignored',
        key: 'my photo.jpg',
        reason: 'the event type is not ObjectCreated, ObjectRemoved or LifecycleExpiration',
      });
    },
  );
});

describe('a payload that is not an S3 event', () => {
  test.each([undefined, null, 'text', 5, {}, { Records: 'all' }])('such as %j is ignored', (payload) => {
    expect(parse(payload)).toEqual([{ kind: 'ignored', key: '', reason: 'the event has no Records, such as s3:TestEvent' }]);
  });

  test.each<[what: string, payload: unknown]>([
    ['null', null],
    ['no event name', { s3: record().s3 }],
    ['no s3', { eventName: 'ObjectCreated:Put' }],
    ['a time that is no text', record({ eventTime: 5 })],
    ['an empty key', record({ object: { key: '' } })],
    ['an empty bucket name', { ...record(), s3: { bucket: { name: '' }, object: OBJECT } }],
  ])('a record with %s is ignored, and its neighbours are read', (_what, payload) => {
    expect(parse({ Records: [record(), payload, record()] })).toMatchObject([
      { kind: 'upload' },
      { kind: 'ignored', key: '', reason: 'the record is not an S3 record' },
      { kind: 'upload' },
    ]);
  });
});

describe('an event is ignored', () => {
  test('with its key and the reason', () => {
    expect(parseOne({ object: { key: 'my+photo.txt' } })).toEqual({
      kind: 'ignored',
      key: 'my photo.txt',
      reason: 'the key does not end with .jpg or .png',
    });
  });

  const inOneBucket = (prefix: string): Partial<HandlerSettings> => ({
    outputBucket: 'uploads',
    recipe: {
      ...SETTINGS.recipe,
      renditions: [
        { name: 'large', prefix: 'large/' },
        { name: 'small', prefix },
      ].map(aRendition),
    },
  });
  const aRendition = (different: { name: string; prefix: string }) =>
    ({ width: 100, height: 100, fit: 'inside', format: 'jpeg', quality: 90, ...different }) as const;

  test.each<
    [what: string, kind: 'created' | 'removed', bucket: string, key: string, settings: Partial<HandlerSettings>, reason: string | undefined]
  >([
    ['a deletion where deletions are not propagated', 'removed', 'uploads', 'a.jpg', {}, 'delete propagation is off'],
    ['a deletion where they are', 'removed', 'uploads', 'a.jpg', { deletePropagation: true }, undefined],
    ['another bucket', 'created', 'others', 'a.jpg', {}, 'the bucket others is not the upload bucket'],
    [
      'another bucket, as one of ours for renditions',
      'created',
      'renditions',
      'a.jpg',
      {},
      'the bucket renditions is not the upload bucket',
    ],
    ['a rendition in the same bucket', 'created', 'uploads', 'small/a.jpg', inOneBucket('small/'), 'the key is one of our own renditions'],
    ['any key where renditions may have it', 'created', 'uploads', 'a.jpg', inOneBucket(''), 'the key is one of our own renditions'],
    ['a key beside the renditions', 'created', 'uploads', 'in/small/a.jpg', inOneBucket('small/'), undefined],
    ['a key like a rendition’s where renditions have a bucket', 'created', 'uploads', 'small/a.jpg', {}, undefined],
    [
      'a copy of a failed original in the same bucket',
      'created',
      'uploads',
      'bad/a.jpg',
      { ...inOneBucket('small/'), quarantinePrefix: 'bad/' },
      'the key is a copy of a failed original',
    ],
    [
      'a key that ends like the prefix of copies',
      'created',
      'uploads',
      'in/a.jpg',
      { ...inOneBucket('small/'), quarantinePrefix: 'a.jpg' },
      undefined,
    ],
    ['a key like a copy’s where copies have a bucket', 'created', 'uploads', 'bad/a.jpg', { quarantinePrefix: 'bad/' }, undefined],
    ['a key outside the prefix', 'created', 'uploads', 'a/in/b.jpg', { triggerPrefix: 'in/' }, 'the key does not begin with in/'],
    ['a key under the prefix', 'created', 'uploads', 'in/b.jpg', { triggerPrefix: 'in/' }, undefined],
    ['a key with another suffix', 'created', 'uploads', 'a.jpg.txt', {}, 'the key does not end with .jpg or .png'],
    ['a key with a suffix in capitals', 'created', 'uploads', 'a.JPG', {}, undefined],
    [
      'a key that no glob includes',
      'created',
      'uploads',
      'a.jpg',
      { triggerInclude: ['in/**', 'b.*'] },
      'the key does not match in/** or b.*',
    ],
    ['a key that a glob includes', 'created', 'uploads', 'b.jpg', { triggerInclude: ['in/**', 'b.*'] }, undefined],
    [
      'a key that a glob excludes',
      'created',
      'uploads',
      'in/raw/b.jpg',
      { triggerInclude: ['in/**'], triggerExclude: ['x', '**/raw/**'] },
      'the key matches **/raw/**, which is excluded',
    ],
    ['a key beside what a glob excludes', 'created', 'uploads', 'in/b.jpg', { triggerExclude: ['**/raw/**'] }, undefined],
    [
      'a key with a suffix in capitals that a glob excludes in small letters',
      'created',
      'uploads',
      'a.JPG',
      { triggerExclude: ['*.jpg'] },
      undefined,
    ],
    ['any key where no suffix is asked for', 'created', 'uploads', 'a.txt', { triggerSuffixes: [] }, undefined],
  ])('%s', (_what, kind, bucket, key, settings, reason) => {
    expect(reasonToIgnore(kind, bucket, key, { ...SETTINGS, ...settings })).toBe(reason);
  });
});
