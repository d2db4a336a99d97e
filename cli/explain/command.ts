import type { Command } from 'commander';
import { PhotoStores } from '../photos/photo-stores.ts';
import { withFunctionOption } from '../pipeline/command-options.ts';
import { DeployedFunction } from '../pipeline/deployed-function.ts';
import { EXIT } from '../pipeline/operator-error.ts';
import { paintFor } from '../terminal/paint.ts';
import { gatherStory, type Story } from './story.ts';
import { tell, verdictOf } from './tell.ts';

const PERMISSIONS = `
Needs lambda:GetFunctionConfiguration, lambda:GetFunctionEventInvokeConfig, s3:GetObject and s3:ListBucket on both buckets,
dynamodb:BatchGetItem, sqs:GetQueueUrl and sqs:GetQueueAttributes.`;

/** Adds `explain` to the operator's commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('explain'))
    .description('Tell the story of one photo: what stands where, what is recorded, and what to do if something is off.')
    .argument('<key>', 'key of the photo in the upload bucket, not encoded')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', PERMISSIONS)
    .action(async (key: string, options: { function: string; json: boolean }) => {
      const story = await explain(key, new DeployedFunction(options.function));
      const verdict = verdictOf(story);
      process.stdout.write(options.json ? `${JSON.stringify({ ...story, ...verdict }, null, 2)}\n` : tell(story, paintFor(process.stdout)));
      process.exitCode = verdict.attention ? EXIT.needsAttention : EXIT.inOrder;
    });
}

/** Finds out everything about one photo of a deployed function. */
export async function explain(key: string, target: DeployedFunction, now?: number): Promise<Story> {
  const [settings, deadLetters] = await Promise.all([target.settings(), target.deadLetters()]);
  return gatherStory(key, { functionName: target.name, stores: new PhotoStores(settings), deadLetters }, now);
}
