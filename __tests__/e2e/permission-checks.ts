import { GetRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { EmulatedAws } from './emulated-aws.ts';
import type { Restore } from './emulator-gaps.ts';
import { brokenPhoto, smallPhoto } from './photos.ts';
import { assumedRole, whilePermissionsAreEnforced } from './role-credentials.ts';
import type { WorkingPipeline } from './working-pipeline.ts';

/** Permissions without which a photo cannot be processed or reported. */
const INDISPENSABLE = ['s3:GetObject', 'dynamodb:UpdateItem', 'sns:Publish'];
const INDISPENSABLE_TO_RENDER = ['s3:PutObject'];

/** Checks that the role's permissions are sufficient and necessary. The emulator checks actions, not resources. */
export function itWorksWithItsOwnRole(pipeline: () => WorkingPipeline, { folder, renders }: { folder: string; renders: boolean }): void {
  /** Returns the function's responses for photos, called with the credentials of its role. */
  async function answersTo(name: string, missing?: string): Promise<unknown[]> {
    const { deployed } = pipeline();
    const good = await pipeline().upload(`${folder}${name}-good.jpg`, await smallPhoto());
    const bad = await pipeline().upload(`${folder}${name}-bad.jpg`, await brokenPhoto());
    const restore = await withActionsOf(deployed.aws.clients, deployed.outputs.function_name, missing);
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
      await restore();
    }
  }

  async function roleArn(): Promise<string> {
    const { aws, outputs } = pipeline().deployed;
    const { Configuration } = await aws.clients.lambda.send(new GetFunctionCommand({ FunctionName: outputs.function_name }));
    return Configuration?.Role ?? '';
  }

  describe('with the credentials of its role', () => {
    const outcome = (status: string) => ({ status: 'answered', payload: { outcomes: [{ status }] } });

    test('processes a photo and reports a damaged one', async () => {
      await pipeline().mails();

      expect(await answersTo('permitted')).toMatchObject([outcome('processed'), outcome('failed')]);
      expect((await pipeline().mails()).length).toBeGreaterThan(0);
    });

    test.each([...INDISPENSABLE, ...(renders ? INDISPENSABLE_TO_RENDER : [])])('fails if the role lacks %s', async (action) => {
      const answers = await answersTo(`without-${action.replace(':', '-')}`, action);

      expect(answers.map((answer) => z.object({ status: z.string() }).parse(answer).status)).toContain('failed');
      expect(JSON.stringify(answers)).toContain('"error"');
    });
  });
}

/** Reduces a policy to what the emulator supports: it compares every resource with `*` and treats every condition as unmet. */
const policySchema = z.object({ Statement: z.array(z.object({ Action: z.array(z.string()) })) });

/** Removes at most one action from a role's policy, which has the role's name, until it is restored. */
export async function withActionsOf({ iam }: EmulatedAws['clients'], name: string, missing?: string): Promise<Restore> {
  const role = { RoleName: name, PolicyName: name };
  const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand(role));
  const own = decodeURIComponent(PolicyDocument);
  const actions = policySchema.parse(JSON.parse(own)).Statement.flatMap(({ Action }) => Action);
  if (missing !== undefined && !actions.includes(missing)) throw new Error(`the role does not have ${missing}, so it cannot be removed`);
  const Statement = [{ Effect: 'Allow', Action: actions.filter((action) => action !== missing), Resource: '*' }];
  await iam.send(new PutRolePolicyCommand({ ...role, PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }) }));
  return async () => void (await iam.send(new PutRolePolicyCommand({ ...role, PolicyDocument: own })));
}
