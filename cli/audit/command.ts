import type { Command } from 'commander';
import { PhotoStores } from '../photos/photo-stores.ts';
import { wholeNumber, withFunctionOption } from '../pipeline/command-options.ts';
import { DeployedFunction } from '../pipeline/deployed-function.ts';
import { EXIT } from '../pipeline/operator-error.ts';
import { paintFor } from '../terminal/paint.ts';
import { counterOn } from '../terminal/progress-counter.ts';
import { type AuditOptions, auditBucket } from './audit-bucket.ts';
import { type AuditReport, auditDocument, auditText, needsAttention } from './report.ts';

const NOTES = `
Photos are compared with their records by the digest of their bytes, as a listing has no versions. A photo that failed by its own
fault, or was processed with other settings, is listed and needs no attention. A thousand photos take one request to S3 and ten to
DynamoDB; with --renditions one more for each rendition.

Needs lambda:GetFunctionConfiguration, lambda:GetFunctionEventInvokeConfig, s3:ListBucket, dynamodb:BatchGetItem,
sqs:GetQueueUrl and sqs:GetQueueAttributes; with --renditions also s3:GetObject and s3:ListBucket on the bucket of renditions.`;

/** Adds `audit` to the operator's commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('audit'))
    .description('Compare every photo of the upload bucket with its record, and tell what is not as it should be.')
    .option('--prefix <prefix>', 'only keys that begin so', '')
    .option('--renditions', 'also look whether every rendition stands', false)
    .option('--keys <number>', 'how many keys to list of each finding', wholeNumber, 20)
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', NOTES)
    .action(async (options: { function: string; prefix: string; renditions: boolean; keys: number; json: boolean }) => {
      const report = await auditWithProgress(new DeployedFunction(options.function), options);
      process.stdout.write(options.json ? auditDocument(report) : auditText(report, paintFor(process.stdout)));
      process.exitCode = needsAttention(report) ? EXIT.needsAttention : EXIT.inOrder;
    });
}

async function auditWithProgress(target: DeployedFunction, options: AuditOptions): Promise<AuditReport> {
  const counter = counterOn(process.stderr, 'objects');
  try {
    return await audit(target, { ...options, onPage: ({ objects }, lastKey) => counter.show(objects, lastKey) });
  } finally {
    counter.stop();
  }
}

/** Audits the upload bucket of a deployed function. */
export async function audit(target: DeployedFunction, options: AuditOptions, now?: () => number): Promise<AuditReport> {
  const [settings, deadLetters] = await Promise.all([target.settings(), target.deadLetters()]);
  const findings = await auditBucket(new PhotoStores(settings), options, now);
  return { function: target.name, bucket: settings.uploadBucket, prefix: options.prefix ?? '', deadLetters, ...findings };
}
