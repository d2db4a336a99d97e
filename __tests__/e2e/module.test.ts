import { GetFunctionCommand, ListTagsCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ARCHITECTURES } from '../../asset/architecture.ts';
import { deploymentOf } from '../../config/deployments.ts';
import { DeployedModule } from './deployed-module.ts';
import { type EmulatedAws, startEmulatedAws } from './emulated-aws.ts';
import { ENVIRONMENT_SUFFIX } from './workspace.ts';

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
  const deployed = new DeployedModule('hand-written');
  let aws: EmulatedAws;

  beforeAll(async () => {
    aws = await startEmulatedAws('us-east-1');
    const architecture = ARCHITECTURES.find(({ nodeCpu }) => nodeCpu === process.arch)?.name ?? 'x86_64';
    await deployed.init(deploymentOf('image-metadata', ENVIRONMENT_SUFFIX, architecture), ROOT_MODULE, aws);
  });

  afterAll(() => aws?.close());

  test('is applied, with its function and its tags', async () => {
    await deployed.apply();

    expect((await deployed.terraform('output', '-raw', 'function')).trim()).toBe('ImageProcessor-ci');
    const { Configuration } = await aws.clients.lambda.send(new GetFunctionCommand({ FunctionName: 'ImageProcessor-ci' }));
    expect(Configuration).toMatchObject({ Runtime: 'nodejs22.x', Handler: 'index.handler' });
    const { Tags } = await aws.clients.lambda.send(new ListTagsCommand({ Resource: Configuration?.FunctionArn }));
    expect(Tags).toMatchObject({ Project: 'image-pipeline', Preset: 'image-metadata', Environment: 'ci', CostCentre: '42' });
  }, 400_000);

  deployed.itEnds(() => aws);
});
