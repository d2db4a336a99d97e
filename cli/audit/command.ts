import type { Command } from 'commander';
import { type InspectedPhoto, inspect } from '../photos/inspection.ts';
import { PhotoStores, type Walk } from '../photos/photo-stores.ts';
import { checkRenditions, lacksRenditions } from '../photos/renditions.ts';
import { type Findings, Tally } from '../photos/tally.ts';
import { EXIT, wholeNumber, withFunctionOption } from '../pipeline/command-line.ts';
import { concurrently } from '../pipeline/concurrently.ts';
import { DeployedFunction } from '../pipeline/deployed-function.ts';
import { counterOn } from '../terminal/progress.ts';
import { paintFor } from '../terminal/text.ts';
import { type AuditReport, auditDocument, auditText, needsAttention } from './report.ts';

const NOTES = `
A photo belongs to its record if their ETags match: a listing has no versions.
Photos that failed because of the image itself, or were processed with older
settings, are listed but need no attention. A thousand photos take one request
to S3 and ten to DynamoDB; --renditions adds a request for each rendition.

Needs lambda:GetFunctionConfiguration, lambda:GetFunctionEventInvokeConfig,
s3:ListBucket, dynamodb:BatchGetItem, sqs:GetQueueUrl and
sqs:GetQueueAttributes; with --renditions also s3:GetObject and s3:ListBucket
on the bucket of renditions.`;

/** Adds `audit` to the commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('audit'))
    .description('Compare every photo in the upload bucket with its record, and report what is missing, failed or stuck.')
    .option('--prefix <prefix>', 'only keys with this prefix', '')
    .option('--renditions', 'also check that every rendition exists', false)
    .option('--keys <number>', 'maximum keys to list for each finding', wholeNumber, 20)
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', NOTES)
    .action(async (options: { function: string; prefix: string; renditions: boolean; keys: number; json: boolean }) => {
      const report = await auditWithProgress(new DeployedFunction(options.function), options);
      process.stdout.write(options.json ? auditDocument(report) : auditText(report, paintFor(process.stdout)));
      process.exitCode = needsAttention(report) ? EXIT.needsAttention : EXIT.inOrder;
    });
}

interface AuditOptions extends Walk {
  /** Whether to check the renditions of processed photos, at one request each. */
  readonly renditions: boolean;
  /** Maximum keys kept for each state. */
  readonly keys: number;
  /** Called after every page. */
  readonly onPage?: (findings: Findings, lastKey: string) => void;
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

async function auditBucket(stores: PhotoStores, options: AuditOptions, now?: () => number): Promise<Findings> {
  const tally = new Tally(options.keys);
  for await (const page of inspect(stores, options, now)) {
    const photos = options.renditions ? await withRenditions(page.photos, stores) : page.photos;
    tally.addPage({ ...page, photos });
    options.onPage?.(tally.findings(), page.lastKey);
  }
  return tally.findings();
}

/** Maximum photos whose renditions are checked at once. */
const MAX_CHECKS = 32;

async function withRenditions(photos: readonly InspectedPhoto[], stores: PhotoStores): Promise<InspectedPhoto[]> {
  const checked: InspectedPhoto[] = [];
  for await (const photo of concurrently(photos, MAX_CHECKS, (one) => withRendition(one, stores))) checked.push(photo);
  return checked;
}

async function withRendition(photo: InspectedPhoto, stores: PhotoStores): Promise<InspectedPhoto> {
  if (photo.state !== 'processed') return photo;
  const renditions = await checkRenditions(stores, photo.upload.key, photo.recordedVersionId);
  return lacksRenditions(renditions) ? { ...photo, state: 'renditions' } : photo;
}
