import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { ALLOCATOR } from '../../../lambda-src/contract/environment.ts';
import { FAILURES, ImageFailure } from '../../../lambda-src/contract/outcome.ts';
import type { Rendition } from '../../../lambda-src/contract/recipe.ts';
import { renderImage } from '../../../lambda-src/image/render.ts';
import { bitFlips, FORMATS, intactFile, truncations } from '../../fixtures/hostile/damaged-files.ts';
import { HOSTILE_FILES } from '../../fixtures/hostile-files.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { LIMITS, rendition } from './limits.ts';
import type { ChildReport } from './render-in-child.ts';

const CHILD = fileURLToPath(new URL('./render-in-child.ts', import.meta.url));
/** Of the 512 of the function; 180 were measured. */
const MOST_MEGABYTES = 300;
/** With an animation as large as its limits allow. */
const MOST_MEGABYTES_WITH_OPTIONS = 450;
const MOVING = { width: 100, height: 100, format: 'same', animated: true } as const;
const MOST_MILLISECONDS = 5_000;
const FLIPS = 500;
const SEED = 20_240_229;

let folder: string;
/** The hostile files and, last, a good one. */
let paths: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  const files = [...HOSTILE_FILES, { bytes: () => intactFile('jpeg') }];
  paths = files.map((_, index) => join(folder, String(index)));
  for (const [index, file] of files.entries()) await writeFile(join(folder, String(index)), await file.bytes());
});

afterAll(() => rm(folder, { recursive: true }));

describe('hostile files, one after another in one process', () => {
  let reports: readonly ChildReport[];

  beforeAll(async () => {
    reports = await renderInChild(paths);
  });

  test.each(HOSTILE_FILES.map((file, index) => ({ ...file, index })))('$name', ({ index, expected }) => {
    expect(expected).toContain(reports[index]?.outcome);
    expect(reports[index]?.milliseconds).toBeLessThan(MOST_MILLISECONDS);
  });

  test('leave the process alive and able to render the next image', () => {
    expect(reports.at(-1)).toMatchObject({ file: paths.at(-1), outcome: 'rendered' });
  });

  test(`never take more than ${MOST_MEGABYTES} MB of memory`, () => {
    const worst = reports.find(({ peakMegabytes }) => peakMegabytes > MOST_MEGABYTES);
    expect(worst && HOSTILE_FILES[reports.indexOf(worst)]?.name).toBeUndefined();
  });

  test('fail with a detail that explains what is wrong with the file', () => {
    const unhelpful = reports.filter(({ outcome, detail }) => outcome !== 'rendered' && !saysWhatIsWrong(detail));
    expect(unhelpful).toEqual([]);
  });

  test('have distinct names', () => {
    expect(new Set(HOSTILE_FILES.map(({ name }) => name)).size).toBe(HOSTILE_FILES.length);
  });
});

describe('hostile files for renditions with many options', () => {
  let reports: readonly ChildReport[];

  beforeAll(async () => {
    reports = await renderInChild(['--options', ...paths]);
  });

  test('end as expected, or as an animation that is too large or damaged', () => {
    const surprises = HOSTILE_FILES.filter(
      ({ expected }, index) => ![...expected, 'TooManyPixels', 'Corrupt'].includes(reports[index]?.outcome ?? ''),
    );
    expect(surprises.map(({ name }) => name)).toEqual([]);
    expect(reports.at(-1)).toMatchObject({ file: paths.at(-1), outcome: 'rendered' });
  });

  test(`never take more than ${MOST_MEGABYTES_WITH_OPTIONS} MB of memory`, () => {
    const worst = reports.find(({ peakMegabytes }) => peakMegabytes > MOST_MEGABYTES_WITH_OPTIONS);
    expect(worst && [HOSTILE_FILES[reports.indexOf(worst)]?.name, worst.peakMegabytes]).toBeUndefined();
  });
});

describe.each(['gif', 'webp'] as const)('a damaged animation as %s', (format) => {
  async function film(): Promise<Buffer> {
    const frames = await Promise.all([1, 2, 3].map((seed) => makePhoto({ width: 40, height: 30, seed, format: 'png' })));
    return sharp(frames, { join: { animated: true } })
      .toFormat(format)
      .toBuffer();
  }

  test('is corrupt wherever it was truncated within a frame', async () => {
    const whole = await film();
    for (const part of [0.5, 0.7, 0.9, 0.97]) {
      const failure = await failureOf(whole.subarray(0, Math.floor(whole.length * part)), MOVING);
      expect([part, failure?.code]).toEqual([part, 'Corrupt']);
    }
  });

  test('is rendered or fails with a code, whichever bit is flipped', async () => {
    const surprises: unknown[] = [];
    for (const { bit, bytes } of bitFlips(await film(), FLIPS, SEED)) {
      const failure = await failureOf(bytes, MOVING);
      if (failure !== undefined && (!Object.hasOwn(FAILURES, failure.code) || !saysWhatIsWrong(failure.message)))
        surprises.push({ bit, failure });
    }
    expect(surprises).toEqual([]);
    await expect(failureOf(await film(), MOVING)).resolves.toBeUndefined();
  });
});

describe.each(FORMATS)('a damaged %s', (format) => {
  test('is corrupt wherever it was truncated, and the failure says why', async () => {
    for (const { bytes } of truncations(await intactFile(format))) {
      const failure = await failureOf(bytes);
      expect(failure).toMatchObject({ code: 'Corrupt' });
      expect(saysWhatIsWrong(failure?.message)).toBe(true);
    }
  });

  test(`is rendered or fails with a code, whichever bit is flipped`, async () => {
    const flips = bitFlips(await intactFile(format), FLIPS, SEED);
    const surprises: unknown[] = [];
    const work = async (): Promise<void> => {
      for (const { bit, bytes } of flips) {
        const failure = await failureOf(bytes);
        if (failure === undefined) continue;
        if (!Object.hasOwn(FAILURES, failure.code) || !saysWhatIsWrong(failure.message)) surprises.push({ bit, failure });
      }
    };
    await Promise.all([work(), work()]);
    expect(surprises).toEqual([]);
    await expect(failureOf(await intactFile(format))).resolves.toBeUndefined();
  });
});

/** Renders a file and returns its failure, or undefined if it succeeds. Throws any error that is not an `ImageFailure`. */
async function failureOf(
  bytes: Buffer,
  options: Partial<Rendition> = { width: 100, height: 100, format: 'jpeg' },
): Promise<ImageFailure | undefined> {
  try {
    const limits = { ...LIMITS, maxFrames: 10, maxAnimationPixels: 1_000_000 };
    await renderImage(bytes, {
      recipe: { renditions: [rendition(options)], background: '#ffffff' },
      limits,
      timeoutMilliseconds: 100_000,
    });
    return undefined;
  } catch (error) {
    if (error instanceof ImageFailure) return error;
    throw error;
  }
}

/** Returns whether a detail describes the file in our own words. The decoder's message may follow, but is not enough. */
function saysWhatIsWrong(detail = ''): boolean {
  const isOfFile = /^(the (JPEG|PNG|WebP|AVIF|GIF|TIFF) [a-z]|an? [A-Za-z]|\d+ bytes|\d+ × \d+ )/.test(detail);
  return isOfFile && !/input buffer|treated as error|bad seek/i.test(detail);
}

async function renderInChild(paths: readonly string[]): Promise<ChildReport[]> {
  const environment = { ...process.env, ...ALLOCATOR };
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', CHILD, ...paths], { env: environment });
  return stdout
    .trim()
    .split('\n')
    .map((line): ChildReport => JSON.parse(line));
}
