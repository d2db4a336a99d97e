import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetFunctionCommand, ListTagsCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ARCHITECTURES } from '../../asset/architecture.ts';
import { deploymentOf } from '../../config/deployments.ts';
import { writeModule } from '../../stacks/module/terraform-module.ts';
import { execute, readPlan } from './deployed-stack.ts';
import { type EmulatedAws, startEmulatedAws } from './emulated-aws.ts';
import { providerOverride } from './override.ts';
import { remains } from './remains.ts';
import { ENVIRONMENT_SUFFIX, workspace } from './workspace.ts';

/** A root module as a team that knows only Terraform would write it. */
const ROOT_MODULE = `
provider "aws" {
  region = "us-east-1"
}

module "pipeline" {
  source             = "./image-metadata"
  notification_email = "you@example.com"
  tags               = { CostCentre = "42" }
}

output "function" {
  value = module.pipeline.function_name
}
`;

describe('the module of image-metadata, used by a root module written by hand', () => {
  const folder = join(workspace().folder, 'hand-written');
  let aws: EmulatedAws;

  async function terraform(...args: readonly string[]): Promise<string> {
    const { exitCode, output } = await execute('terraform', args, folder);
    if (exitCode !== 0) throw new Error(`terraform ${args.join(' ')} failed:\n${output.slice(-10_000)}`);
    return output;
  }

  beforeAll(async () => {
    aws = await startEmulatedAws('us-east-1');
    const architecture = ARCHITECTURES.find(({ nodeCpu }) => nodeCpu === process.arch)?.name ?? 'x86_64';
    writeModule(deploymentOf('image-metadata', ENVIRONMENT_SUFFIX, architecture), join(folder, 'image-metadata'));
    await writeFile(join(folder, 'main.tf'), ROOT_MODULE);
    await writeFile(join(folder, 'emulator_override.tf.json'), JSON.stringify(providerOverride(aws.url)));
    await terraform('init', '-input=false', '-no-color');
  });

  afterAll(() => aws?.close());

  test('is applied, with its function and its tags', async () => {
    await terraform('apply', '-input=false', '-auto-approve', '-no-color');

    expect((await terraform('output', '-raw', 'function')).trim()).toBe('ImageProcessor-ci');
    const { Configuration } = await aws.clients.lambda.send(new GetFunctionCommand({ FunctionName: 'ImageProcessor-ci' }));
    expect(Configuration).toMatchObject({ Runtime: 'nodejs22.x', Handler: 'index.handler' });
    const { Tags } = await aws.clients.lambda.send(new ListTagsCommand({ Resource: Configuration?.FunctionArn }));
    expect(Tags).toMatchObject({ Project: 'image-pipeline', Preset: 'image-metadata', Environment: 'ci', CostCentre: '42' });
  }, 400_000);

  test('has not drifted', async () => {
    const { exitCode, output } = await execute('terraform', ['plan', '-json', '-detailed-exitcode', '-input=false'], folder);

    expect({ exitCode, ...readPlan(output) }).toEqual({ exitCode: 0, changes: [], errors: [] });
  });

  test('is destroyed and leaves nothing', async () => {
    await terraform('destroy', '-input=false', '-auto-approve', '-no-color');

    expect(await remains(aws)).toEqual([]);
  }, 300_000);
});
