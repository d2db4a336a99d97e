import type { Command } from 'commander';
import { EXIT, withFunctionOption } from '../pipeline/command-line.ts';
import { DeployedFunction } from '../pipeline/deployed-function.ts';
import { jsonDocument, paintFor } from '../terminal/text.ts';
import { explain } from './explanation.ts';
import { explanationText } from './report.ts';
import { verdictOf } from './verdict.ts';

const PERMISSIONS = `
Needs lambda:GetFunctionConfiguration, lambda:GetFunctionEventInvokeConfig,
s3:GetObject and s3:ListBucket on both buckets, dynamodb:BatchGetItem,
sqs:GetQueueUrl and sqs:GetQueueAttributes.`;

/** Adds `explain` to the commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('explain'))
    .description('Show the object, record and renditions of one photo, and what to do if something is wrong.')
    .argument('<key>', 'key of the photo in the upload bucket, not encoded')
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', PERMISSIONS)
    .action(async (key: string, { function: name, json }: { function: string; json: boolean }) => {
      const explanation = await explain(key, new DeployedFunction(name));
      const verdict = verdictOf(explanation);
      process.stdout.write(json ? jsonDocument({ ...explanation, ...verdict }) : explanationText(explanation, paintFor(process.stdout)));
      process.exitCode = verdict.attention ? EXIT.needsAttention : EXIT.inOrder;
    });
}
