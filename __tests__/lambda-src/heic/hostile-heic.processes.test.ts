import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FAILURES, ImageFailure } from '../../../lambda-src/contract/outcome.ts';
import type { HeicDecoder } from '../../../lambda-src/image/heic.ts';
import { renderImage } from '../../../lambda-src/image/render.ts';
import { encodeHeic } from '../../fixtures/heic-photos.ts';
import { bitFlips, truncations } from '../../fixtures/hostile/damaged-files.ts';
import { HOSTILE_FILES } from '../../fixtures/hostile-files.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { LIMITS, rendition } from '../image/limits.ts';
import '../image/rendering.ts'; // Unblocks the loaders at the end.
import { bundledHeicDecoder } from './packaged-decoder.ts';

const FLIPS = 200;
const SEED = 20_260_331;
/** The decoder of a photo of the size used here takes about 20 MB. Twice that is bounded; a leak of 1 MB a photo would be 200 MB. */
const MOST_GROWTH_MEGABYTES = 150;

let decoder: Awaited<ReturnType<typeof bundledHeicDecoder>>;
let photo: Buffer;

beforeAll(async () => {
  [decoder, photo] = await Promise.all([
    bundledHeicDecoder(),
    makePhoto({ width: 160, height: 128, gps: true }).then((jpeg) => encodeHeic(jpeg)),
  ]);
});

afterAll(() => decoder.remove());

/** Renders a file and returns its failure, or undefined if it succeeds. Throws any error that is not an `ImageFailure`. */
async function failureOf(
  bytes: Buffer,
  { decode = decoder.decode, timeoutMilliseconds = 100_000 } = {},
): Promise<ImageFailure | undefined> {
  const recipe = { renditions: [rendition({ width: 100, height: 100, format: 'jpeg' })], background: '#ffffff' };
  try {
    await renderImage(bytes, { recipe, limits: LIMITS, timeoutMilliseconds, heic: { decode, maxPixels: 1_000_000 } });
    return undefined;
  } catch (error) {
    if (error instanceof ImageFailure) return error;
    throw error;
  }
}

function residentMegabytes(): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}

describe('a damaged HEIC', () => {
  test('fails with a code and a detail, wherever it was truncated', async () => {
    for (const { bytes } of truncations(photo)) {
      const failure = await failureOf(bytes);
      expect(['Corrupt', 'UnsupportedHeic', 'UnsupportedType', 'Empty']).toContain(failure?.code);
      expect(failure?.message).toMatch(/^(the HEIC|a HEIC|a file|a video|0 bytes)/);
    }
  });

  test(`is rendered or fails with a code, whichever of ${FLIPS} bits is flipped, and memory does not grow`, async () => {
    const surprises: unknown[] = [];
    const outcomes: Record<string, number> = {};
    await failureOf(photo);
    const before = residentMegabytes();
    for (const { bit, bytes } of bitFlips(photo, FLIPS, SEED)) {
      const failure = await failureOf(bytes);
      const outcome = failure?.code ?? 'rendered';
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (failure !== undefined && !Object.hasOwn(FAILURES, failure.code)) surprises.push({ bit, failure });
    }
    expect(surprises).toEqual([]);
    // Both must occur, or the flips did not reach the header or the pixels.
    expect(outcomes).toMatchObject({ rendered: expect.any(Number), Corrupt: expect.any(Number) });
    expect(residentMegabytes() - before).toBeLessThan(MOST_GROWTH_MEGABYTES);
    await expect(failureOf(photo)).resolves.toBeUndefined();
  });

  test('has an effect only on itself: photos decoded at the same time are rendered', async () => {
    const damaged = photo.subarray(0, photo.length - 100);
    const failures = await Promise.all([photo, damaged, photo, damaged, photo].map((bytes) => failureOf(bytes)));
    expect(failures.map((failure) => failure?.code)).toEqual([undefined, 'Corrupt', undefined, 'Corrupt', undefined]);
  });
});

test.each(HOSTILE_FILES.filter(({ name }) => /heic/i.test(name)))('$name fails with a code', async ({ bytes }) => {
  const failure = await failureOf(await bytes());
  expect(['Corrupt', 'UnsupportedHeic']).toContain(failure?.code);
});

describe('the thread of the decoder', () => {
  test('ends at the deadline, in the middle of a photo', async () => {
    const large = await encodeHeic(await makePhoto({ width: 960, height: 960 }), ['-p', 'preset=ultrafast']);
    const ended: number[] = [];
    const decode: HeicDecoder = async (bytes, options) => {
      const started = performance.now();
      try {
        return await decoder.decode(bytes, options);
      } finally {
        ended.push(performance.now() - started);
      }
    };
    await failureOf(photo); // The code is compiled.
    const failure = await failureOf(large, { decode, timeoutMilliseconds: 60 });
    expect(failure?.code).toBe('DeadlineExceeded');
    await expect(failureOf(large, { decode })).resolves.toBeUndefined();
    const [atDeadline = 0, whole = 0] = ended;
    expect(atDeadline).toBeLessThan(whole);
  });

  test('does not start after the deadline', async () => {
    const expired = AbortSignal.abort(new Error('too late'));
    await expect(decoder.decode(photo, { maxPixels: 1_000_000, signal: expired })).rejects.toThrow('too late');
  });

  test('refuses a photo that is too large before it decodes it', async () => {
    expect(await decoder.decode(photo, { maxPixels: 20_479, signal: AbortSignal.timeout(60_000) })).toEqual({
      status: 'failed',
      code: 'TooManyPixels',
      detail: '160 × 128 is 20480 pixels; the limit of a HEIC is 20479',
    });
  });
});
