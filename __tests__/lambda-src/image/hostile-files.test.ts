import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ALLOCATOR } from '../../../lambda-src/contract/environment.ts';
import { FAILURES, ImageFailure } from '../../../lambda-src/contract/outcome.ts';
import { bitFlips, FORMATS, intactFile, truncations } from '../../fixtures/hostile/damaged-files.ts';
import { HOSTILE_FILES } from '../../fixtures/hostile-files.ts';
import { rendition } from './limits.ts';
import type { ChildReport } from './render-in-child.ts';
import { render } from './rendering.ts';

const CHILD = fileURLToPath(new URL('./render-in-child.ts', import.meta.url));
/** Of the 512 of the function; 180 were measured. */
const MOST_MEGABYTES = 300;
const MOST_MILLISECONDS = 5_000;
const FLIPS = 500;
const SEED = 20_240_229;

describe('hostile files, one after another in one process', () => {
  let folder: string;
  let reports: readonly ChildReport[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hostile-'));
    const paths: string[] = [];
    for (const [index, file] of HOSTILE_FILES.entries()) {
      paths.push(join(folder, String(index)));
      await writeFile(join(folder, String(index)), await file.bytes());
    }
    await writeFile(join(folder, 'good'), await intactFile('jpeg'));
    reports = await renderInChild([...paths, join(folder, 'good')]);
  });

  afterAll(() => rm(folder, { recursive: true }));

  test.each(HOSTILE_FILES.map((file, index) => ({ ...file, index })))('$name', ({ index, expected }) => {
    expect(expected).toContain(reports[index]?.outcome);
    expect(reports[index]?.milliseconds).toBeLessThan(MOST_MILLISECONDS);
  });

  test('leave the process alive and able to render the next image', () => {
    expect(reports.at(-1)).toMatchObject({ file: join(folder, 'good'), outcome: 'rendered' });
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
async function failureOf(bytes: Buffer): Promise<ImageFailure | undefined> {
  try {
    await render(bytes, [rendition({ width: 100, height: 100, format: 'jpeg' })]);
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
