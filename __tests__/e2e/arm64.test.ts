import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import extractZip from 'extract-zip';
import sharp from 'sharp';
import { architectureNamed } from '../../asset/architecture.ts';
import { createPackage, freshPackage, packagePath } from '../../asset/create-package.ts';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { deploymentOf } from '../../config/deployments.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../../local/aws/embedded-aws.ts';
import { s3Event } from '../../local/aws/s3-event.ts';
import { uploadTo } from '../../local/aws/upload.ts';
import { resultsOf, type UploadResult } from '../../local/function/delivery-results.ts';
import { functionConfiguration } from '../../local/function/function-configuration.ts';
import { LambdaRunner } from '../../local/function/lambda-runner.ts';
import { makePhoto, type PhotoFormat } from '../fixtures/photos.ts';
import { lumaOf, meanSsim } from '../fixtures/similarity.ts';
import { nodeOnArm64 } from './arm64-emulation.ts';

const FORMATS: readonly PhotoFormat[] = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'];
/** The architecture that needs no emulation here. */
const REFERENCE = process.arch === 'arm64' ? 'arm64' : 'x86_64';

const settings = deploymentOf('media-thumbnails', 'ci', 'arm64');

/** The packaged function of one architecture with its embedded AWS. */
interface Packaged {
  readonly aws: EmbeddedAws;
  readonly runner: LambdaRunner;
}

const packages = new Map<string, Packaged>();
let folder: string;

async function start(architecture: string, execPath: string): Promise<Packaged> {
  const target = architectureNamed(architecture);
  if ((await freshPackage(target)) === undefined) await createPackage(target);
  const code = join(folder, architecture);
  await extractZip(packagePath(PROJECT_ROOT, target), { dir: code });
  const aws = await startEmbeddedAws(settings);
  const configuration = functionConfiguration(settings, aws.resources, aws.endpoints);
  const runner = await LambdaRunner.start({
    bundle: join(code, 'index.mjs'),
    // Emulation is about twenty times slower.
    configuration: { ...configuration, timeoutMilliseconds: 300_000 },
    execPath,
    workers: 1,
    onDeadLetter: async () => undefined,
  });
  return { aws, runner };
}

async function resultOn(architecture: string, key: string, body: Buffer): Promise<UploadResult & { pixels?: Buffer }> {
  const { aws, runner } = packages.get(architecture) ?? {};
  if (aws === undefined || runner === undefined) throw new Error(`the package for ${architecture} does not run`);
  const bucket = aws.resources.uploadBucket;
  const stored = await uploadTo(aws.clients.s3, bucket, { key, body });
  const event = s3Event({ ...stored, bucket, key, region: settings.region });
  const [result] = resultsOf(event.Records, await runner.deliver(event), 0);
  if (result === undefined) throw new Error(`no result of ${key}`);
  const [output] = result.outputs;
  if (output === undefined) return result;
  const { Body } = await aws.clients.s3.send(new GetObjectCommand({ Bucket: aws.resources.outputBucket, Key: output.key }));
  return { ...result, pixels: Buffer.from((await Body?.transformToByteArray()) ?? []) };
}

async function lumaOfImage(bytes: Buffer | undefined) {
  const { data, info } = await sharp(bytes).toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return lumaOf({ data, width: info.width, height: info.height, channels: 3 });
}

describe('the package for arm64, which is the default, and the one for this machine', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-pipeline-arm64-'));
    packages.set('arm64', await start('arm64', await nodeOnArm64()));
    packages.set(REFERENCE, await start(REFERENCE, process.env.E2E_NODE ?? process.execPath));
  }, 600_000);

  afterAll(async () => {
    for (const { aws, runner } of packages.values()) {
      await runner.close();
      await aws.close();
    }
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
      expect(meanSsim(await lumaOfImage(arm64.pixels), await lumaOfImage(reference.pixels))).toBeGreaterThan(0.99);
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
