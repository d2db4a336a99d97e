import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import extractZip from 'extract-zip';
import { z } from 'zod';
import { type Architecture, architectureNamed } from '../../asset/architecture.ts';
import { createPackage, type FunctionPackage, freshPackage } from '../../asset/create-package.ts';
import { PackageError } from '../../asset/packaged-file.ts';
import { deploymentOf } from '../../config/deployments.ts';
import { functionConfiguration } from '../../local/function/function-configuration.ts';
import { functionNode, MACHINE } from '../function.ts';
import { bundled, peerScript } from '../peers.ts';
import { atMost, type Measurement } from '../row.ts';
import type { Measure, Setting } from '../setting.ts';
import { figuresOf, ratiosOf } from '../statistics.ts';

const execute = promisify(execFile);
const loadingSchema = z.object({ start: z.number(), load: z.number() });
type FunctionArchitecture = Architecture['name'];
type Loading = z.infer<typeof loadingSchema>;

/** The function calls nothing while it starts, so nothing needs to listen here. */
const RESOURCES = {
  uploadBucket: 'uploads',
  outputBucket: 'renditions',
  tableName: 'table',
  topicArn: 'topic',
  mailQueueUrl: '',
  deadLetterQueueUrl: '',
};
const NOWHERE = 'http://127.0.0.1:9';

/** Size of the package, and the time until a process is ready for its first event. */
export const coldStart: Measure = {
  title: 'package and cold start',
  run: async (setting) => [await packageSize('arm64'), await packageSize('x86_64'), ...(await init(setting))],
};

async function packageSize(name: FunctionArchitecture): Promise<Measurement> {
  const row = { measure: `package, ${name}, zipped`, unit: 'MB', target: atMost(8.6) } as const;
  try {
    const { bytes } = await packaged(name);
    return { ...row, figures: figuresOf([bytes / 1e6]) };
  } catch (error) {
    if (error instanceof PackageError) return { ...row, notMeasured: error.message };
    throw error;
  }
}

async function packaged(name: FunctionArchitecture): Promise<FunctionPackage> {
  const architecture = architectureNamed(name);
  return (await freshPackage(architecture)) ?? createPackage(architecture);
}

async function init(setting: Setting): Promise<readonly Measurement[]> {
  const node = await functionNode();
  const unpacked = join(setting.folder, 'package');
  await mkdir(unpacked);
  await extractZip((await packaged(MACHINE.name)).path, { dir: unpacked });
  const modules = {
    whole: join(unpacked, 'index.mjs'),
    sharp: await bundled('bench/phases/sharp.ts'),
    sdk: await bundled('bench/phases/sdk-clients.ts'),
  };
  const loads: Record<keyof typeof modules, Loading[]> = { whole: [], sharp: [], sdk: [] };
  for (let round = -1; round < setting.rounds; round += 1) {
    for (const phase of ['whole', 'sharp', 'sdk'] as const) {
      const loading = await load(node, modules[phase], setting);
      if (round >= 0) loads[phase].push(loading);
    }
  }
  const rest = loads.whole.map(({ load }, round) => load - (loads.sharp[round]?.load ?? 0) - (loads.sdk[round]?.load ?? 0));
  const version = (await execute(node, ['--version'])).stdout.trim();
  const whole = loads.whole.map(({ start, load }) => start + load);
  const alone = loads.sharp.map(({ start, load }) => start + load);
  return [
    {
      measure: 'init of the package vs Node and sharp alone',
      unit: '×',
      target: atMost(2),
      figures: ratiosOf(whole, alone),
    },
    {
      measure: `init of the package under Node ${version}, from the start of the process`,
      unit: 'ms',
      target: atMost(300),
      figures: figuresOf(whole),
    },
    { measure: '— of which Node itself', unit: 'ms', figures: figuresOf(loads.whole.map(({ start }) => start)) },
    { measure: '— of which sharp', unit: 'ms', figures: figuresOf(loads.sharp.map(({ load }) => load)) },
    { measure: '— of which the SDK and its clients', unit: 'ms', figures: figuresOf(loads.sdk.map(({ load }) => load)) },
    { measure: '— of which the rest', unit: 'ms', figures: figuresOf(rest) },
  ];
}

async function load(node: string, module: string, { signal }: Setting): Promise<Loading> {
  const { environment } = functionConfiguration(deploymentOf('photo-sharing', 'dev', MACHINE.name), RESOURCES, {
    ...{ s3: NOWHERE, sns: NOWHERE, sqs: NOWHERE, dynamodb: NOWHERE },
  });
  const { stdout } = await execute(node, [peerScript('../phases/load.mjs'), module], { env: { ...environment }, signal });
  return loadingSchema.parse(JSON.parse(stdout));
}
