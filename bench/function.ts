import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ARCHITECTURES, architectureNamed } from '../asset/architecture.ts';
import { buildLocalBundle } from '../asset/local-bundle.ts';
import { PackageError } from '../asset/packaged-file.ts';
import { deploymentOf } from '../config/deployments.ts';
import type { PresetName } from '../config/presets.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../local/aws/embedded-aws.ts';
import { type S3Event, s3Event } from '../local/aws/s3-event.ts';
import { uploadTo } from '../local/aws/upload.ts';
import { type FunctionConfiguration, functionConfiguration } from '../local/function/function-configuration.ts';
import { LambdaRunner } from '../local/function/lambda-runner.ts';
import { nodeOf } from './node-runtime.ts';
import { cpuMilliseconds } from './renderer-process.ts';
import { timed } from './statistics.ts';

const SETTLING_MILLISECONDS = 100;

/** This machine's CPU, by Lambda's name. */
export const MACHINE = ARCHITECTURES.find(({ nodeCpu }) => nodeCpu === process.arch) ?? architectureNamed('x86_64');

/** Returns the path of Lambda's Node version, or of the current Node if npm cannot provide it. */
export async function functionNode(): Promise<string> {
  try {
    return await nodeOf('nodejs22.x', MACHINE);
  } catch (error) {
    if (error instanceof PackageError) return process.execPath;
    throw error;
  }
}

/** A preset's function in its own process, with the embedded AWS. */
export class FunctionUnderTest {
  readonly #aws: EmbeddedAws;
  readonly #runner: LambdaRunner;
  readonly #region: string;
  readonly #pid: number;
  #uploads = 0;

  private constructor(aws: EmbeddedAws, runner: LambdaRunner, region: string, pid: number) {
    this.#aws = aws;
    this.#runner = runner;
    this.#region = region;
    this.#pid = pid;
  }

  /** @param prefix command that starts Node, such as `taskset --cpu-list 0` */
  static async start(preset: PresetName, memoryMb: number, folder: string, prefix: string): Promise<FunctionUnderTest> {
    const settings = deploymentOf(preset, 'dev', MACHINE.name);
    const sized = { ...settings, function: { ...settings.function, memoryMb } };
    const aws = await startEmbeddedAws(sized);
    try {
      const configuration = functionConfiguration(sized, aws.resources, aws.endpoints);
      const runner = await startRunner(configuration, folder, prefix);
      return new FunctionUnderTest(aws, runner, settings.region, Number(await readFile(pidFile(folder), 'utf8')));
    } catch (error) {
      await aws.close();
      throw error;
    }
  }

  /** Uploads a photo several times, then processes the events in turn and returns the milliseconds per event. */
  async process(photo: Buffer, extension: string, times = 1): Promise<number> {
    const events: S3Event[] = [];
    for (let time = 0; time < times; time += 1) events.push(await this.#upload(photo, extension));
    // S3 sends the event after it has finished the upload; exclude cleanup by the embedded S3 from the function's time.
    await setTimeout(SETTLING_MILLISECONDS);
    const milliseconds = await timed(async () => {
      for (const event of events) assertProcessed(await this.#runner.invoke(event));
    });
    return milliseconds / times;
  }

  /** Returns the CPU time of the function's process so far, in milliseconds. */
  cpu(): Promise<number> {
    return cpuMilliseconds(this.#pid);
  }

  async #upload(body: Buffer, extension: string): Promise<S3Event> {
    const { uploadBucket: bucket } = this.#aws.resources;
    this.#uploads += 1;
    const key = `uploads/${this.#uploads}${extension}`;
    const stored = await uploadTo(this.#aws.clients.s3, bucket, { key, body });
    return s3Event({ bucket, key, region: this.#region, ...stored });
  }

  async stop(): Promise<void> {
    await this.#runner.close();
    await this.#aws.close();
  }
}

function assertProcessed(answer: unknown): void {
  const response = JSON.stringify(answer);
  if (!response.includes('"status":"processed"')) throw new Error(`the function did not process a photo: ${response.slice(0, 500)}`);
}

/** File in which the launcher, which becomes the function's process, stores its id. */
function pidFile(folder: string): string {
  return join(folder, 'function.pid');
}

async function startRunner(configuration: FunctionConfiguration, folder: string, prefix: string): Promise<LambdaRunner> {
  const launcher = join(folder, `node-${configuration.environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE}.sh`);
  await writeFile(launcher, `#!/bin/sh\necho $$ > "${pidFile(folder)}"\n${prefix} "${await functionNode()}" "$@"\n`);
  await chmod(launcher, 0o755);
  return LambdaRunner.start({
    bundle: await buildLocalBundle(),
    configuration,
    execPath: launcher,
    workers: 1,
    onDeadLetter: async () => {},
  });
}
