import { describe, expect, test } from '@jest/globals';
import { ImageFailure } from '../../lambda-src/contract/outcome.ts';
import type { Dependencies, Invocation } from '../../lambda-src/dependencies.ts';
import { makeEffect } from '../../lambda-src/make-effect.ts';
import type { ReadResult, RenditionHead, UploadEvent } from '../../lambda-src/ports.ts';
import { MemoryPipeline, SETTINGS } from '../in-memory/pipeline.ts';
import { aClaim } from './upload-event.ts';

const NOW = Date.parse('2026-03-04T05:10:00.000Z');
const CAT = { etag: 'e1', versionId: 'v1', size: 3, lastModified: new Date(NOW), bytes: Buffer.from('cat'), contentType: 'image/jpeg' };
const READ: ReadResult = { status: 'read', object: { ...CAT, userMetadata: {} } };

interface Situation {
  readonly event?: Partial<UploadEvent>;
  /** What S3 answers to the read. */
  readonly read?: ReadResult;
  /** The object at the rendition's key. */
  readonly standing?: RenditionHead;
  readonly dependencies?: Partial<Dependencies>;
  readonly invocation?: Partial<Invocation>;
}

/** Tries to make the effect of an upload; the claim is `aClaim`. */
function attempt({ event = {}, read = READ, standing, dependencies = {}, invocation = {} }: Situation = {}) {
  const warnings: unknown[] = [];
  const asked: unknown[] = [];
  const { parts } = new MemoryPipeline();
  const all: Dependencies = {
    ...parts.dependencies,
    originals: {
      head: async () => undefined,
      read: async (request) => {
        asked.push(request);
        return read;
      },
    },
    renditions: {
      head: async () => standing,
      put: async () => (standing === undefined ? 'stored' : 'changed'),
      remove: async () => undefined,
    },
    warn: (message, fields) => void warnings.push({ message, fields }),
    ...dependencies,
  };
  const run: Invocation = {
    owner: 'request-1',
    run: 'run-1',
    now: () => NOW,
    remainingMilliseconds: () => 60_000,
    timeoutMilliseconds: 60_000,
    ...invocation,
  };
  return { effect: makeEffect(aClaim({ event }), all, run), warnings, asked };
}

const failed = (failureCode: string, detail: string, size?: number) => ({
  ...{ status: 'failed', bucket: 'uploads', key: 'photo.jpg', versionId: 'v1', size, failureCode, detail },
  ...{ uploadedAt: '2026-03-04T05:06:07.089Z', processedAt: '2026-03-04T05:10:00.000Z' },
});

describe('the effect of an upload', () => {
  test('reports the renditions and the time', async () => {
    const { effect, asked, warnings } = attempt();

    expect(await effect).toEqual({
      ...{ status: 'processed', bucket: 'uploads', key: 'photo.jpg', versionId: 'v1', size: 3, contentType: 'image/jpeg' },
      ...{ uploadedAt: '2026-03-04T05:06:07.089Z', processedAt: '2026-03-04T05:10:00.000Z' },
      image: { width: 1, height: 1, format: 'jpeg' },
      renditions: [{ name: 'small', key: 'small/photo.jpg', width: 1, height: 1, format: 'jpeg', bytes: 9 }],
    });
    expect(asked).toEqual([{ bucket: 'uploads', key: 'photo.jpg', etag: 'e1', maxBytes: 1_000 }]);
    expect(warnings).toEqual([]);
  });

  test.each<[text: string | undefined, position: 'focal' | 'centre', expected: unknown, warned: boolean]>([
    ['0.3,0.7', 'focal', { x: 0.3, y: 0.7 }, false],
    [undefined, 'focal', undefined, false],
    ['left', 'focal', undefined, true],
    ['left', 'centre', undefined, false],
  ])('hands the focal point %s to a rendition with the position %s', async (text, position, expected, warned) => {
    const points: unknown[] = [];
    const { parts } = new MemoryPipeline();
    const [small] = SETTINGS.recipe.renditions;
    if (small === undefined) throw new Error('there is a rendition');
    const { effect, warnings } = attempt({
      read: { status: 'read', object: { ...CAT, userMetadata: text === undefined ? {} : { 'focal-point': text } } },
      dependencies: {
        recipe: { ...SETTINGS.recipe, renditions: [small, { ...small, name: 'card', fit: 'cover', position }] },
        render: (bytes, options) => {
          points.push(options.focalPoint);
          return parts.dependencies.render(bytes, options);
        },
      },
    });
    expect(await effect).toMatchObject({ status: 'processed' });
    expect(points).toEqual([expected]);
    const warning = {
      message: 'the focal point is not two numbers from 0 to 1, such as 0.3,0.7; the centre is kept',
      fields: { key: 'photo.jpg' },
    };
    expect(warnings).toEqual(warned ? [warning] : []);
  });

  test('comes with a warning that names the user metadata which does not fit', async () => {
    const userMetadata = { album: 'x'.repeat(3_000) };
    const { effect, warnings } = attempt({ read: { status: 'read', object: { ...CAT, userMetadata } } });

    expect(await effect).toMatchObject({ status: 'processed' });
    expect(warnings).toEqual([
      { message: 'user metadata does not fit on the renditions', fields: { key: 'photo.jpg', dropped: ['album'] } },
    ]);
  });
});

describe('an image that is at fault fails without a download', () => {
  test.each<[what: string, event: Partial<UploadEvent>, failure: object]>([
    ['an undecodable key', { malformedKey: true }, failed('MalformedKey', 'the event contains a malformed percent escape', 3)],
    ['nothing in it', { size: 0 }, failed('Empty', '0 bytes', 0)],
    ['more bytes than are accepted', { size: 1_001 }, failed('TooLarge', '1001 bytes; the limit is 1000', 1_001)],
    [
      'a key that is too long for its rendition',
      { key: 'x'.repeat(1_019) },
      { ...failed('KeyTooLong', 'the small key would have 1025 bytes, S3 allows 1024', 3), key: 'x'.repeat(1_019) },
    ],
  ])('%s', async (_what, event, failure) => {
    const { effect, asked } = attempt({ event });

    expect(await effect).toEqual(failure);
    expect(asked).toEqual([]);
  });

  test.each<[what: string, event: Partial<UploadEvent>]>([
    ['as many bytes as are accepted', { size: 1_000 }],
    ['a size that the event does not contain', { size: undefined }],
    ['a key that just fits', { key: 'x'.repeat(1_018) }],
  ])('but not with %s', async (_what, event) => {
    expect(await attempt({ event }).effect).toMatchObject({ status: 'processed' });
  });
});

describe('what S3 reports about the original', () => {
  test('may be that it is larger than the event announced', async () => {
    expect(await attempt({ read: { status: 'tooLarge', bytes: 0 } }).effect).toEqual(failed('TooLarge', 'more than 1000 bytes', 3));
  });

  test('may be that the original cannot be read in its present state', async () => {
    const read: ReadResult = { status: 'unreadable', code: 'Archived', detail: 'S3 keeps the object in GLACIER' };

    expect(await attempt({ read }).effect).toEqual(failed('Archived', 'S3 keeps the object in GLACIER', 3));
  });

  test('may be that another object replaced it', async () => {
    expect(await attempt({ read: { status: 'replaced' } }).effect).toEqual({ status: 'replaced' });
  });

  test.each<[event: string | undefined, object: string | undefined, status: string]>([
    ['v1', 'v1', 'processed'],
    ['v1', 'v2', 'replaced'],
    ['v1', undefined, 'processed'],
    [undefined, 'v2', 'processed'],
  ])('of an event for version %j may be version %j, which is %s: equal bytes have equal ETags', async (versionId, other, status) => {
    const read: ReadResult = { status: 'read', object: { ...CAT, userMetadata: {}, versionId: other } };

    expect(await attempt({ event: { versionId }, read }).effect).toMatchObject({ status });
  });

  test('is trusted if it names a delete marker', async () => {
    const event = { time: new Date(NOW) };

    expect(await attempt({ event, read: { status: 'gone', deleteMarker: true } }).effect).toEqual({ status: 'gone' });
  });

  test.each<[read: ReadResult]>([[{ status: 'gone', deleteMarker: false }], [{ status: 'gone' }]])(
    'is not believed for 15 minutes after the upload when it is %j',
    async (read) => {
      const minutes = 15 * 60_000;

      await expect(attempt({ event: { time: new Date(NOW - minutes + 1) }, read }).effect).rejects.toMatchObject({
        name: 'TransientFault',
        code: 'NotFoundYet',
        message: 'S3 does not find the object, but it was uploaded less than 15 minutes ago',
      });
      expect(await attempt({ event: { time: new Date(NOW - minutes) }, read }).effect).toEqual({ status: 'gone' });
    },
  );
});

test('a rendition of a newer version ends the work', async () => {
  expect(await attempt({ standing: { etag: 'e2', sequencer: 'F', versionId: 'v2' } }).effect).toEqual({ status: 'replaced' });
});

describe('the time for an image', () => {
  const late = (remaining: number) => ({ remainingMilliseconds: () => remaining });
  const overdue: Partial<Dependencies> = { render: () => Promise.reject(new ImageFailure('DeadlineExceeded', 'too slow')) };

  test('is what the invocation has left, minus five seconds to record and announce', async () => {
    const budgets: number[] = [];
    const { render } = new MemoryPipeline().parts.dependencies;
    const dependencies: Partial<Dependencies> = {
      render: (bytes, options) => {
        budgets.push(options.timeoutMilliseconds);
        expect(options).toMatchObject({ recipe: SETTINGS.recipe, limits: { maxBytes: 1_000 } });
        return render(bytes, options);
      },
    };

    await attempt({ dependencies, invocation: late(40_000) }).effect;

    expect(budgets).toEqual([35_000]);
  });

  test('was enough if it was at least half of the function’s timeout: the image fails', async () => {
    expect(await attempt({ dependencies: overdue, invocation: late(32_500) }).effect).toEqual(failed('DeadlineExceeded', 'too slow', 3));
  });

  test('was not enough if it was less: the retry begins with this image', async () => {
    await expect(attempt({ dependencies: overdue, invocation: late(32_499) }).effect).rejects.toMatchObject({
      code: 'OutOfTime',
      message: 'too little time was left to process this image',
    });
  });

  test('does not excuse an image that fails for another reason', async () => {
    const dependencies: Partial<Dependencies> = { render: () => Promise.reject(new ImageFailure('Corrupt', 'truncated')) };

    expect(await attempt({ dependencies, invocation: late(10_000) }).effect).toEqual(failed('Corrupt', 'truncated', 3));
  });

  test('does not excuse a system fault', async () => {
    const dependencies: Partial<Dependencies> = {
      render: () => Promise.reject(Object.assign(new Error('sharp is missing'), { code: 'DeadlineExceeded' })),
    };

    await expect(attempt({ dependencies, invocation: late(10_000) }).effect).rejects.toThrow('sharp is missing');
    await expect(attempt({ dependencies, invocation: late(60_000) }).effect).rejects.toThrow('sharp is missing');
  });

  test.each([4_999, 5_000])('may be over before it begins (%d ms left)', async (remaining) => {
    const started: unknown[] = [];
    const dependencies: Partial<Dependencies> = { render: async () => Promise.reject(started.push('render')) };

    await expect(attempt({ dependencies, invocation: late(remaining) }).effect).rejects.toMatchObject({
      code: 'OutOfTime',
      message: 'no time was left to process this image',
    });
    expect(started).toEqual([]);
  });

  test('is tried if little time is left', async () => {
    expect(await attempt({ invocation: late(5_001) }).effect).toMatchObject({ status: 'processed' });
  });
});
