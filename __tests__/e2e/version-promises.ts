import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GetAliasCommand } from '@aws-sdk/client-lambda';
import { describe, expect, test } from '@jest/globals';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import type { DeployedPipeline } from './deployed-pipeline.ts';

/** Checks that deployments publish versions behind the alias, and that a rollback shows in a plan as documented. Leaves three versions. */
export function itPublishesVersions(deployed: () => DeployedPipeline): void {
  async function liveVersion(): Promise<string | undefined> {
    const { aws, outputs } = deployed();
    return (await aws.clients.lambda.send(new GetAliasCommand({ FunctionName: outputs.function_name, Name: 'live' }))).FunctionVersion;
  }

  async function redeploy(variables: Readonly<Record<string, string>>): Promise<void> {
    const again = deployed().redeploy;
    if (again === undefined) throw new Error('this stack cannot be deployed again');
    await again(variables);
  }

  describe('deployed again', () => {
    test('publishes a version and points the alias to it', async () => {
      expect(await liveVersion()).toBe('1');

      await redeploy({ log_level: 'DEBUG' });

      expect(await liveVersion()).toBe('2');
    }, 300_000);

    test('and rolled back, uses the previous version, and the plan shows the alias and nothing else', async () => {
      const printed = await rollBack(deployed());

      expect(printed).toContain('function_version = "1" -> "2"');
      expect(await liveVersion()).toBe('1');
      expect(await deployed().stack.plan({ variables: { log_level: 'DEBUG' } })).toEqual({
        exitCode: 2,
        changes: ['update aws_lambda_alias.processor_live'],
        errors: [],
      });
    }, 120_000);

    test('with a fix, publishes a newer version and points the alias to that', async () => {
      await redeploy({});

      expect(await liveVersion()).toBe('3');
    }, 300_000);
  });
}

/** The emulated AWS has versions and aliases, so the command needs no running function. */
async function rollBack({ aws, outputs }: DeployedPipeline): Promise<string> {
  const command = ['run', '--silent', 'pipeline', '--', 'rollback', '--function', outputs.function_name, '--yes'];
  const env = { ...process.env, AWS_REGION: aws.region, AWS_ENDPOINT_URL: aws.url };
  return (await promisify(execFile)('npm', command, { cwd: PROJECT_ROOT, env })).stdout;
}
