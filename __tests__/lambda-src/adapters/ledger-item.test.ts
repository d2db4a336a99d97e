import { describe, expect, test } from '@jest/globals';
import {
  effectAttributes,
  type Item,
  imageId,
  number,
  photoAttributes,
  recordOf,
  text,
  texts,
} from '../../../lambda-src/adapters/ledger-item.ts';
import type { LedgerRecord } from '../../../lambda-src/ports.ts';
import { aClaim, DESCRIBED, FAILED, PROCESSED } from '../upload-event.ts';

const TIME = new Date('2026-03-04T05:06:07.089Z');
const COMMON = { bucket: '', key: '', uploadedAt: '1970-01-01T00:00:00.000Z', processedAt: '' };

/** A record that says nothing. */
const BLANK: LedgerRecord = {
  status: 'processing',
  sequencer: '',
  owner: '',
  run: undefined,
  commit: undefined,
  leaseExpiresAt: 0,
  job: undefined,
  byBackfill: false,
  effect: undefined,
  versionId: undefined,
  etag: undefined,
  recipeHash: undefined,
  renditionsOf: undefined,
  reportedVersions: [],
  announcement: undefined,
  notified: true,
};

test('the key of an item is the SHA-256 of bucket and key', () => {
  expect(imageId('uploads', 'a.jpg')).toBe('8fe884f469150b783791b3789bf754af445f51fbfe9612cfb6801f4e58a6e423');
});

describe('a photo is named', () => {
  test('with its bucket, key, file name and time', () => {
    expect(photoAttributes('uploads', 'in/2026/a.jpg', TIME)).toEqual({
      BucketName: { S: 'uploads' },
      ObjectKey: { S: 'in/2026/a.jpg' },
      FileName: { S: 'a.jpg' },
      UploadTimestamp: { N: '1772600767089' },
      UploadDate: { S: '2026-03-04' },
    });
  });

  test('by its whole key where that ends with a slash', () => {
    expect(photoAttributes('uploads', 'in/', TIME).FileName).toEqual({ S: 'in/' });
  });
});

describe('an effect leaves', () => {
  const { event } = aClaim();

  test('what is known of a processed image, and removes what was said of a failure', () => {
    const rendition = { key: 'large/photo.jpg', width: 20, height: 15, format: 'webp', bytes: 2 } as const;
    const renditions = [
      { ...rendition, name: 'large' },
      { ...rendition, name: 'thumbnail', key: 'thumbnails/photo.jpg' },
    ];

    expect(effectAttributes({ ...PROCESSED, renditions }, event)).toStrictEqual({
      Status: { S: 'processed' },
      ProcessedAt: { S: '2026-03-04T05:06:08.000Z' },
      FileSize: { N: '3' },
      FailureCode: undefined,
      FailureDetail: undefined,
      ContentType: { S: 'image/jpeg' },
      Width: { N: '40' },
      Height: { N: '30' },
      Format: { S: 'jpeg' },
      PhotoMetadata: undefined,
      ThumbHash: { S: 'aGFzaA==' },
      Renditions: {
        L: ['large', 'thumbnail'].map((name) => ({
          M: {
            Name: { S: name },
            Key: { S: name === 'large' ? 'large/photo.jpg' : 'thumbnails/photo.jpg' },
            Width: { N: '20' },
            Height: { N: '15' },
            Format: { S: 'webp' },
            Bytes: { N: '2' },
          },
        })),
      },
      RenditionsVersionId: { S: 'v1' },
      RenditionsSequencer: { S: '0055'.padEnd(40, '0') },
      ThumbnailPath: { S: 'thumbnails/photo.jpg' },
    });
  });

  test('no thumbnail where none was made', () => {
    expect(effectAttributes({ ...PROCESSED, renditions: [] }, event).ThumbnailPath).toBeUndefined();
  });

  test('why an image failed, removes what was known of the one before, and leaves its renditions alone', () => {
    expect(effectAttributes(FAILED, event)).toStrictEqual({
      Status: { S: 'failed' },
      ProcessedAt: { S: '2026-03-04T05:06:08.000Z' },
      FileSize: { N: '3' },
      FailureCode: { S: 'Corrupt' },
      FailureDetail: { S: 'truncated' },
      ...{ ContentType: undefined, Width: undefined, Height: undefined, Format: undefined, ThumbHash: undefined },
      PhotoMetadata: undefined,
    });
  });

  test.each([
    ['a processed', { ...PROCESSED, renditions: [] }],
    ['a described', { ...DESCRIBED, image: PROCESSED.image }],
    ['a failed', FAILED],
  ])('of %s image is read back as it was', (_what, effect) => {
    const attributes = Object.entries({ ...photoAttributes('uploads', 'photo.jpg', TIME), ...effectAttributes(effect, event) });
    const item: Item = Object.fromEntries(attributes.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

    const settled = { Run: { S: 'run-1' }, SettledStatus: { S: effect.status }, VersionId: { S: 'v1' } };
    expect(recordOf({ ...item, ...settled }).effect).toEqual({ ...effect, versionId: 'v1' });
  });
});

describe('an item', () => {
  test('without information is a claim that any run may take over', () => {
    expect(recordOf({})).toEqual(BLANK);
  });

  test('is read completely', () => {
    const item: Item = {
      ...{
        Status: { S: 'processing' },
        Sequencer: { S: '55' },
        Owner: { S: 'request-1' },
        Run: { S: 'run-1' },
        LeaseExpiresAt: { N: '9' },
      },
      ...{ BackfillJob: { S: 'job-1' }, SettledStatus: { S: 'gone' }, VersionId: { S: 'v1' }, ETag: { S: 'e1' }, RecipeHash: { S: 'r1' } },
      ...{ Renditions: { L: [] }, RenditionsVersionId: { S: 'v0' }, RenditionsSequencer: { S: '54' }, CommittedBy: { S: 'run-0' } },
      ...{
        ReportedVersions: { L: [{ S: 'v0' }, { BOOL: true }, { S: 'v1' }] },
        Announcement: { S: 'sending' },
        AnnouncementExpiresAt: { N: '8' },
      },
    };

    expect(recordOf(item)).toEqual({
      ...{ status: 'processing', sequencer: '55', owner: 'request-1', run: 'run-1', commit: 'run-0', leaseExpiresAt: 9 },
      ...{ job: 'job-1', byBackfill: true, effect: undefined, versionId: 'v1', etag: 'e1', recipeHash: 'r1' },
      ...{ renditionsOf: { versionId: 'v0', sequencer: '54' }, reportedVersions: ['v0', 'v1'] },
      ...{ announcement: { state: 'sending', expiresAt: 8 }, notified: false },
    });
  });

  test.each(['processed', 'failed', 'superseded', 'gone', 'processing'])('is %s if it says so', (status) => {
    expect(recordOf({ Run: { S: 'run-1' }, Status: { S: status } })).toMatchObject({ status });
  });

  test('with a status that this release does not know is a claim', () => {
    expect(recordOf({ Run: { S: 'run-1' }, Status: { S: 'napping' } })).toMatchObject({ status: 'processing' });
  });

  test('may have renditions without naming their version', () => {
    expect(recordOf({ Renditions: { L: [] } }).renditionsOf).toEqual({ versionId: undefined, sequencer: undefined });
  });

  test.each(['pending', 'napping'])('with a message that is %s leaves it to any run', (state) => {
    expect(recordOf({ Run: { S: 'run-1' }, Announcement: { S: state } })).toMatchObject({
      announcement: { state: 'pending', expiresAt: 0 },
      notified: false,
    });
  });

  test('with attributes of another type reads as if they were missing', () => {
    const other = { BOOL: true };

    expect(recordOf({ ReportedVersions: other, Renditions: other, Status: other, Owner: other })).toMatchObject({
      ...{ reportedVersions: [], status: 'processing', owner: '' },
    });
    expect(recordOf({ Run: { S: 'run-1' }, SettledStatus: { S: 'processed' }, Renditions: { L: [other] } }).effect).toMatchObject({
      renditions: [{ name: '', key: '', width: 0, height: 0, format: 'jpeg', bytes: 0 }],
    });
  });
});

describe('the effect on an item', () => {
  const effectOn = (item: Item) => recordOf({ Run: { S: 'run-1' }, ...item }).effect;

  test('is the settled one, whatever the claim on it', () => {
    expect(effectOn({ Status: { S: 'failed' }, SettledStatus: { S: 'processed' } })).toMatchObject({ status: 'processed' });
    expect(effectOn({ Status: { S: 'failed' } })).toBeUndefined();
  });

  test('of a processed image says nothing where the item does not', () => {
    expect(effectOn({ SettledStatus: { S: 'processed' } })).toEqual({
      ...{ ...COMMON, status: 'processed', size: 0, contentType: '', renditions: [] },
      image: { width: 0, height: 0, format: '', thumbHash: undefined },
    });
    expect(effectOn({ SettledStatus: { S: 'processed' }, Renditions: { L: [{ M: {} }] } })).toMatchObject({
      renditions: [{ name: '', key: '', width: 0, height: 0, format: 'jpeg', bytes: 0 }],
    });
  });

  test('of a failed image has the most general code where the item has none that this release knows', () => {
    const general = { ...COMMON, status: 'failed', size: undefined, failureCode: 'Corrupt', detail: '' };

    expect(effectOn({ SettledStatus: { S: 'failed' } })).toEqual(general);
    expect(effectOn({ SettledStatus: { S: 'failed' }, FailureCode: { S: 'TooBoring' } })).toEqual(general);
    expect(effectOn({ SettledStatus: { S: 'failed' }, FailureCode: { S: 'Empty' } })).toEqual({ ...general, failureCode: 'Empty' });
  });

  test('has its renditions in their own formats', () => {
    const rendition = (format: string) => ({
      M: { Name: { S: 'a' }, Key: { S: 'a/b' }, Width: { N: '1' }, Height: { N: '2' }, Format: { S: format }, Bytes: { N: '3' } },
    });

    expect(effectOn({ SettledStatus: { S: 'processed' }, Renditions: { L: ['avif', 'png', 'bmp'].map(rendition) } })).toMatchObject({
      renditions: ['avif', 'png', 'jpeg'].map((format) => ({ name: 'a', key: 'a/b', width: 1, height: 2, format, bytes: 3 })),
    });
  });
});

describe('an item of version 0.1', () => {
  const OLD = { Status: { S: 'processed' }, Sequencer: { S: '55' }, VersionId: { S: 'v1' } };

  test('has the effect that its status says, and its version was reported', () => {
    expect(recordOf(OLD)).toMatchObject({ effect: { status: 'processed' }, reportedVersions: ['v1'] });
    expect(recordOf({ ...OLD, VersionId: { S: '' } })).toMatchObject({ reportedVersions: [] });
  });

  test.each(['processed', 'failed'])('that is %s owes its message until the event is marked as notified', (status) => {
    const item = { ...OLD, Status: { S: status } };

    expect(recordOf(item)).toMatchObject({ announcement: { state: 'pending', expiresAt: 0 }, notified: false });
    expect(recordOf({ ...item, NotifiedSequencer: { S: '55' } })).toMatchObject({ announcement: undefined, notified: true });
    expect(recordOf({ ...item, CommittedBy: { S: 'run-1' } })).toMatchObject({ announcement: undefined });
  });

  test.each(['processing', 'superseded', 'gone', ''])('that is %j owes none', (status) => {
    expect(recordOf({ ...OLD, Status: { S: status } }).announcement).toBeUndefined();
  });

  test('without a status owes none either', () => {
    expect(recordOf({ Sequencer: { S: '55' } }).announcement).toBeUndefined();
    expect(recordOf({ Status: { S: 'processed' }, NotifiedSequencer: { S: '55' } }).announcement).toEqual({
      state: 'pending',
      expiresAt: 0,
    });
  });

  test('differs from a new one, of which no version was reported', () => {
    expect(recordOf({ ...OLD, Run: { S: 'run-1' } })).toMatchObject({ effect: undefined, reportedVersions: [], announcement: undefined });
  });
});

test('an attribute without a value is removed', () => {
  expect([text('a'), text(''), text(undefined)]).toEqual([{ S: 'a' }, undefined, undefined]);
  expect([number(0), number(undefined)]).toEqual([{ N: '0' }, undefined]);
  expect([texts(['a']), texts([])]).toEqual([{ L: [{ S: 'a' }] }, undefined]);
});
