import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { localDeployment } from '../../config/deployments.ts';
import { meanDifference } from '../fixtures/difference.ts';
import { encodeHeic, type HeicPhoto, heicPhotos } from '../fixtures/heic-photos.ts';
import { bitFlips, truncations } from '../fixtures/hostile/damaged-files.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { nodeOnArm64 } from './arm64-emulation.ts';
import { PackagedPipeline } from './packaged-pipeline.ts';
import { ARM64_RUNS_HERE } from './prerequisites.ts';
import { childProcesses, peakMegabytes } from './process-memory.ts';

/** Mean difference, 0–255, from the same picture in another format, with the preset's JPEG quality of 80; that of a wrong orientation is above 20. */
const MOST_DIFFERENT = 6;

const settings = localDeployment('media-thumbnails', { heic: true });
/** Node for each architecture that runs on this machine. */
const NODE: Readonly<Record<string, () => Promise<string>>> = {
  ...(ARM64_RUNS_HERE ? { arm64: nodeOnArm64 } : {}),
  ...(process.arch === 'arm64' ? {} : { x86_64: async () => process.env.E2E_NODE ?? process.execPath }),
};

const SEED = 20_261_125;

let photos: readonly HeicPhoto[];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-pipeline-heic-'));
  photos = await heicPhotos();
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(Object.keys(NODE))('the package for %s with HEIC', (architecture) => {
  let pipeline: PackagedPipeline;

  beforeAll(async () => {
    const node = await NODE[architecture]?.();
    pipeline = await PackagedPipeline.start(settings, architecture, node ?? '', folder);
  }, 600_000);

  afterAll(() => pipeline?.close());

  test('makes the same renditions of HEIC photos as of the same pictures in other formats', async () => {
    const wrong: Record<string, unknown> = {};
    for (const { name, heic, twin } of photos) {
      const one = await pipeline.process(`${name}.heic`, heic);
      const other = await pipeline.process(`${name}-twin`, twin);
      const difference = await meanDifference(one.rendition, other.rendition);
      if (one.status !== 'processed' || !(difference <= MOST_DIFFERENT))
        wrong[name] = { status: one.status, failureCode: one.failureCode, detail: one.detail, difference };
    }
    expect(wrong).toEqual({});
  }, 900_000);

  test('fails with a code for a HEIC that ends early, and continues', async () => {
    const [first] = photos;
    const heic = first?.heic ?? Buffer.alloc(0);
    expect(await pipeline.process('half.heic', heic.subarray(0, heic.length / 2))).toMatchObject({
      status: 'failed',
      failureCode: 'Corrupt',
    });
    expect(await pipeline.process('whole.heic', heic)).toMatchObject({ status: 'processed', attempts: 1 });
  }, 300_000);
});

/** Emulated, 500 files would take an hour. */
const NATIVE = Object.keys(NODE).filter((name) => name === (process.arch === 'arm64' ? 'arm64' : 'x86_64'));

test.each(NATIVE)(
  'the package for %s survives 500 damaged HEIC files and stays within the memory of its function',
  async (architecture) => {
    const before = await childProcesses();
    const node = await NODE[architecture]?.();
    const pipeline = await PackagedPipeline.start(settings, architecture, node ?? '', join(folder, 'damaged'));
    const started = (await childProcesses()).filter((pid) => !before.includes(pid));
    try {
      // Of 12 megapixels, so that the decoder needs as much memory as for a photo of a phone.
      const large = await encodeHeic(await largePhoto(), ['-p', 'preset=ultrafast']);
      const small = await encodeHeic(await makePhoto({ width: 160, height: 128, gps: true }));
      const files = [...bitFlips(small, 490, SEED), ...bitFlips(large, 10, SEED), ...truncations(small), ...truncations(large)];
      const outcomes = new Set<string>();
      for (const [index, { bytes }] of files.entries()) {
        const { status, failureCode, attempts } = await pipeline.process(`damaged-${index}.heic`, bytes);
        outcomes.add(failureCode ?? status);
        // The process is still the one that started.
        expect(attempts).toBe(1);
      }
      expect([...outcomes].toSorted()).toEqual(expect.arrayContaining(['Corrupt', 'processed']));
      expect(await pipeline.process('good.heic', large)).toMatchObject({ status: 'processed', attempts: 1 });
      const peaks = await Promise.all(started.map(peakMegabytes));
      process.stderr.write(
        `HEIC: at most ${Math.max(...peaks)} MB of ${settings.function.memoryMb} MB over ${files.length} damaged files\n`,
      );
      expect(Math.max(...peaks)).toBeLessThan(settings.function.memoryMb);
    } finally {
      await pipeline.close();
    }
  },
  900_000,
);

/** A photo of 12 megapixels; enlarging a small one is faster than painting it. */
async function largePhoto(): Promise<Buffer> {
  return sharp(await makePhoto({ width: 500, height: 375 }))
    .resize(4000, 3000)
    .jpeg()
    .toBuffer();
}
