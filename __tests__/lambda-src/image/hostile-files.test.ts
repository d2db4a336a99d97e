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

describe('hostile files, one after the other in one process', () => {
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

  test('have names of their own', () => {
    expect(new Set(HOSTILE_FILES.map(({ name }) => name)).size).toBe(HOSTILE_FILES.length);
  });
});

describe.each(FORMATS)('a damaged %s', (format) => {
  test('is corrupt wherever it was cut off', async () => {
    const outcomes = await Promise.all(
      truncations(await intactFile(format)).map(async ({ percent, bytes }) => [percent, await outcomeOf(bytes)]),
    );
    expect(outcomes.filter(([, outcome]) => outcome !== 'Corrupt')).toEqual([]);
  });

  test(`is rendered or fails with a code, whichever bit is flipped`, async () => {
    const flips = bitFlips(await intactFile(format), FLIPS, SEED);
    const surprises: unknown[] = [];
    const work = async (): Promise<void> => {
      for (const { bit, bytes } of flips) {
        const outcome = await outcomeOf(bytes);
        if (outcome !== 'rendered' && !Object.hasOwn(FAILURES, String(outcome))) surprises.push({ bit, outcome });
      }
    };
    await Promise.all([work(), work()]);
    expect(surprises).toEqual([]);
    await expect(outcomeOf(await intactFile(format))).resolves.toBe('rendered');
  });
});

/** `rendered`, a failure code, or whatever else was thrown. */
async function outcomeOf(bytes: Buffer): Promise<unknown> {
  try {
    await render(bytes, [rendition({ width: 100, height: 100, format: 'jpeg' })]);
    return 'rendered';
  } catch (error) {
    return error instanceof ImageFailure ? error.code : error;
  }
}

async function renderInChild(paths: readonly string[]): Promise<ChildReport[]> {
  const environment = { ...process.env, ...ALLOCATOR };
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', CHILD, ...paths], { env: environment });
  return stdout
    .trim()
    .split('\n')
    .map((line): ChildReport => JSON.parse(line));
}
