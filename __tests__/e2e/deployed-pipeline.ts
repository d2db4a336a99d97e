import { join } from 'node:path';
import { afterAll, test } from '@jest/globals';
import { deploymentOf } from '../../config/deployments.ts';
import type { PresetName } from '../../config/presets.ts';
import { DeployedStack, type Outputs } from './deployed-stack.ts';
import { type EmulatedAws, startEmulatedAws } from './emulated-aws.ts';
import { PackagedFunction } from './packaged-function.ts';
import { ENVIRONMENT_SUFFIX, workspace } from './workspace.ts';

/** A preset applied to its own emulated AWS. */
export interface DeployedPipeline {
  readonly aws: EmulatedAws;
  readonly stack: Pick<DeployedStack, 'id' | 'folder' | 'plan' | 'destroy' | 'packagePath'>;
  /** Deploys the stack again, with other variables. */
  readonly redeploy?: (variables: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly outputs: Outputs;
  readonly function: PackagedFunction;
}

/** Enough for four deployments at once on two slow cores. */
const DEPLOY_MILLISECONDS = 400_000;

/** Deploys a preset as the first test of a file, and stops its AWS after the last. */
export function deployedForThisFile(preset: PresetName): () => DeployedPipeline {
  let aws: EmulatedAws | undefined;
  let deployed: DeployedPipeline | undefined;
  test(
    'is deployed by `cdktf deploy`',
    async () => {
      aws = await startEmulatedAws(deploymentOf(preset, ENVIRONMENT_SUFFIX, 'x86_64').region);
      deployed = await deploy(preset, aws);
    },
    DEPLOY_MILLISECONDS,
  );
  afterAll(() => aws?.close());
  return () => {
    if (deployed === undefined) throw new Error(`${preset} was not deployed`);
    return deployed;
  };
}

async function deploy(preset: PresetName, aws: EmulatedAws): Promise<DeployedPipeline> {
  const stack = new DeployedStack(preset, aws.url);
  const started = Date.now();
  const outputs = await stack.deploy();
  report(`${stack.id} was applied in ${Math.round((Date.now() - started) / 1000)} s`);
  const code = await PackagedFunction.unpack(
    aws,
    outputs.function_name,
    await stack.packagePath(),
    join(workspace().folder, `${stack.id}-function`),
  );
  return { aws, stack, redeploy: (variables) => stack.deploy(variables), outputs, function: code };
}

/** Reports progress, because jest prints nothing until a file is done, which takes minutes. */
export function report(message: string): void {
  process.stderr.write(`${message}\n`);
}
