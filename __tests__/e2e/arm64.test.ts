import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { deploymentOf } from '../../config/deployments.ts';
import type { UploadResult } from '../../local/function/delivery-results.ts';
import { makePhoto, type PhotoFormat } from '../fixtures/photos.ts';
import { lumaOf, meanSsim } from '../fixtures/similarity.ts';
import { nodeOnArm64 } from './arm64-emulation.ts';
import { PackagedPipeline } from './packaged-pipeline.ts';

const FORMATS: readonly PhotoFormat[] = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'];
/** The architecture that needs no emulation here. */
const REFERENCE = process.arch === 'arm64' ? 'arm64' : 'x86_64';

const settings = deploymentOf('media-thumbnails', 'ci', 'arm64');

const packages = new Map<string, PackagedPipeline>();
let folder: string;

async function resultOn(architecture: string, key: string, body: Buffer): ReturnType<PackagedPipeline['process']> {
  const pipeline = packages.get(architecture);
  if (pipeline === undefined) throw new Error(`the package for ${architecture} does not run`);
  return pipeline.process(key, body);
}

async function lumaOfImage(bytes: Buffer | undefined) {
  const { data, info } = await sharp(bytes).toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return lumaOf({ data, width: info.width, height: info.height, channels: 3 });
}

describe('the package for arm64, which is the default, and the one for this machine', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-pipeline-arm64-'));
    packages.set('arm64', await PackagedPipeline.start(settings, 'arm64', await nodeOnArm64(), folder));
    packages.set(REFERENCE, await PackagedPipeline.start(settings, REFERENCE, process.env.E2E_NODE ?? process.execPath, folder));
  }, 600_000);

  afterAll(async () => {
    for (const pipeline of packages.values()) await pipeline.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('run on their own CPU', async () => {
    const cpu = execFileSync(await nodeOnArm64(), ['-p', 'process.arch'])
      .toString()
      .trim();

    expect(cpu).toBe('arm64');
  });

  test.each(FORMATS)(
    'produce the same picture from %s',
    async (format) => {
      const photo = await makePhoto({ format, width: 900, height: 600, ...(format === 'jpeg' && { orientation: 6 }) });

      const arm64 = await resultOn('arm64', `photo.${format}`, photo);
      const reference = await resultOn(REFERENCE, `photo.${format}`, photo);

      expect(arm64).toMatchObject({ status: 'processed', attempts: 1 });
      const facts = ({ outputs }: UploadResult) => outputs.map(({ key, width, height, format: to }) => ({ key, width, height, to }));
      expect(facts(arm64)).toEqual(facts(reference));
      expect(meanSsim(await lumaOfImage(arm64.rendition), await lumaOfImage(reference.rendition))).toBeGreaterThan(0.99);
    },
    300_000,
  );

  test.each<[what: string, bytes: () => Promise<Buffer>]>([
    ['an empty file', async () => Buffer.alloc(0)],
    ['a text', async () => Buffer.from('not a photo')],
    ['a script in a picture', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['half a photo', async () => (await makePhoto()).subarray(0, 3000)],
    [
      'too many pixels',
      () =>
        sharp({ create: { width: 9000, height: 9000, channels: 3, background: 'red' } })
          .png()
          .toBuffer(),
    ],
  ])(
    'reject %s for the same reason',
    async (what, bytes) => {
      const body = await bytes();

      const arm64 = await resultOn('arm64', `${what}.jpg`, body);

      expect(arm64).toMatchObject({ status: 'failed', failureCode: (await resultOn(REFERENCE, `${what}.jpg`, body)).failureCode });
      expect(arm64.failureCode).toBeDefined();
    },
    300_000,
  );
});
