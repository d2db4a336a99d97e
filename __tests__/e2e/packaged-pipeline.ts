import { join } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import extractZip from 'extract-zip';
import { architectureNamed } from '../../asset/architecture.ts';
import { createPackage, freshPackage, packagePath } from '../../asset/create-package.ts';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import type { PipelineSettings } from '../../config/settings.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../../local/aws/embedded-aws.ts';
import { s3Event } from '../../local/aws/s3-event.ts';
import { uploadTo } from '../../local/aws/upload.ts';
import { resultsOf, type UploadResult } from '../../local/function/delivery-results.ts';
import { functionConfiguration } from '../../local/function/function-configuration.ts';
import { LambdaRunner } from '../../local/function/lambda-runner.ts';

/** Emulation is about twenty times slower. */
const TIMEOUT_MILLISECONDS = 300_000;

/** The packaged function of one architecture with its embedded AWS. */
export class PackagedPipeline {
  readonly #settings: PipelineSettings;
  readonly #aws: EmbeddedAws;
  readonly #runner: LambdaRunner;

  private constructor(settings: PipelineSettings, aws: EmbeddedAws, runner: LambdaRunner) {
    this.#settings = settings;
    this.#aws = aws;
    this.#runner = runner;
  }

  /**
   * Unpacks the package that the settings ask for, and starts it.
   * @param execPath Node for the package's architecture
   * @param folder where to unpack it
   */
  static async start(settings: PipelineSettings, architecture: string, execPath: string, folder: string): Promise<PackagedPipeline> {
    const target = architectureNamed(architecture);
    if ((await freshPackage(target, PROJECT_ROOT, settings)) === undefined) await createPackage(target, PROJECT_ROOT, settings);
    const code = join(folder, architecture);
    await extractZip(packagePath(PROJECT_ROOT, target, settings), { dir: code });
    const aws = await startEmbeddedAws(settings);
    const configuration = functionConfiguration(settings, aws.resources, aws.endpoints);
    const runner = await LambdaRunner.start({
      bundle: join(code, 'index.mjs'),
      configuration: { ...configuration, timeoutMilliseconds: TIMEOUT_MILLISECONDS },
      execPath,
      workers: 1,
      onDeadLetter: async () => undefined,
    });
    return new PackagedPipeline(settings, aws, runner);
  }

  /** Uploads a photo and returns its result with the bytes of its first rendition. */
  async process(key: string, body: Buffer): Promise<UploadResult & { rendition?: Buffer }> {
    const { clients, resources } = this.#aws;
    const bucket = resources.uploadBucket;
    const stored = await uploadTo(clients.s3, bucket, { key, body });
    const event = s3Event({ ...stored, bucket, key, region: this.#settings.region });
    const [result] = resultsOf(event.Records, await this.#runner.deliver(event), 0);
    if (result === undefined) throw new Error(`no result of ${key}`);
    const [output] = result.outputs;
    if (output === undefined) return result;
    const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: resources.outputBucket, Key: output.key }));
    return { ...result, rendition: Buffer.from((await Body?.transformToByteArray()) ?? []) };
  }

  async close(): Promise<void> {
    await this.#runner.close();
    await this.#aws.close();
  }
}
