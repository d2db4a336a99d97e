import { GetRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { describe, expect, test } from '@jest/globals';
import { brokenPhoto, smallPhoto } from './photos.ts';
import { assumedRole, whilePermissionsAreEnforced } from './role-credentials.ts';
import type { WorkingPipeline } from './working-pipeline.ts';

/** Without each of these, a photo cannot be processed or told about. */
const INDISPENSABLE = ['s3:GetObject', 'dynamodb:UpdateItem', 'sns:Publish'];
const INDISPENSABLE_TO_RENDER = ['s3:PutObject'];

/** The permissions of the role are enough, and none of those that a photo needs can be left out. The emulator checks actions, not resources. */
export function itWorksWithItsOwnRole(pipeline: () => WorkingPipeline, { folder, renders }: { folder: string; renders: boolean }): void {
  /** What the function answers to the photos, called with the credentials of its role. */
  async function answersTo(name: string): Promise<unknown[]> {
    const { deployed } = pipeline();
    const good = await pipeline().upload(`${folder}${name}-good.jpg`, await smallPhoto());
    const bad = await pipeline().upload(`${folder}${name}-bad.jpg`, await brokenPhoto());
    const runner = await deployed.function.start(await assumedRole(deployed.aws, await roleArn()));
    try {
      return await whilePermissionsAreEnforced(deployed.aws, async () => {
        const answers: unknown[] = [];
        for (const event of [...pipeline().eventsOf(good.records), ...pipeline().eventsOf(bad.records)])
          answers.push(await runner.invoke(event));
        return answers;
      });
    } finally {
      await runner.close();
    }
  }

  async function roleArn(): Promise<string> {
    const { aws, outputs } = pipeline().deployed;
    const { Configuration } = await aws.clients.lambda.send(new GetFunctionCommand({ FunctionName: outputs.function_name }));
    return Configuration?.Role ?? '';
  }

  describe('with the credentials of its own role', () => {
    const outcome = (status: string) => ({ status: 'answered', payload: { outcomes: [{ status }] } });

    test('processes a photo, and tells of a damaged one', async () => {
      await pipeline().mails();

      expect(await answersTo('permitted')).toMatchObject([outcome('processed'), outcome('failed')]);
      expect((await pipeline().mails()).length).toBeGreaterThan(0);
    });

    test.each([...INDISPENSABLE, ...(renders ? INDISPENSABLE_TO_RENDER : [])])('fails when the role lacks %s', async (action) => {
      const { iam } = pipeline().deployed.aws.clients;
      const role = { RoleName: pipeline().deployed.outputs.function_name, PolicyName: pipeline().deployed.outputs.function_name };
      const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand(role));
      const policy = decodeURIComponent(PolicyDocument);
      // Of an action that does not exist, a statement allows nothing.
      await iam.send(new PutRolePolicyCommand({ ...role, PolicyDocument: policy.replaceAll(action, 's3:Nothing') }));
      try {
        const answers = await answersTo(`without-${action.replace(':', '-')}`);

        expect(answers).not.toMatchObject([outcome('processed'), outcome('failed')]);
        expect(JSON.stringify(answers)).toMatch(/"status":"failed","error"/);
      } finally {
        await iam.send(new PutRolePolicyCommand({ ...role, PolicyDocument: policy }));
      }
    });
  });
}
