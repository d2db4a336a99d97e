import { type Command, Option } from 'commander';
import { findingOf } from '../../lambda-src/reconcile/photo-state.ts';
import { readableText } from '../../local/ui/readable.ts';
import { type InspectedPhoto, inspect } from '../photos/inspection.ts';
import { PhotoStores, type Walk } from '../photos/photo-stores.ts';
import { checkRenditions, lacksRenditions } from '../photos/renditions.ts';
import { type Findings, needingAttention, Tally } from '../photos/tally.ts';
import { EXIT, interruptibly, OperatorError, positiveNumber, wholeNumber, withFunctionOption } from '../pipeline/command-line.ts';
import { concurrently } from '../pipeline/concurrently.ts';
import { DeployedFunction } from '../pipeline/deployed-function.ts';
import { confirm } from '../terminal/confirm.ts';
import { counterOn, showProgress } from '../terminal/progress.ts';
import { counted, paintFor, print } from '../terminal/text.ts';
import { type Fixed, type FixOptions, fix } from './fix.ts';
import { type AuditReport, auditDocument, auditText, needsAttention } from './report.ts';

const NOTES = `
A photo belongs to its record if their ETags match: a listing has no versions.
Photos that failed because of the image itself, or were processed with older
settings, are listed but need no attention. A thousand photos take one request
to S3 and ten to DynamoDB; --renditions adds a request for each rendition.

Needs lambda:GetFunctionConfiguration, lambda:GetFunctionEventInvokeConfig,
s3:ListBucket, dynamodb:BatchGetItem, sqs:GetQueueUrl and
sqs:GetQueueAttributes; with --renditions also s3:GetObject and s3:ListBucket
on the bucket of renditions; with --fix also lambda:InvokeFunction.

--fix asks the function to process photos that have no result for their current
version or were never finished, and to send messages that were not sent. These
photos are announced like any upload (a backfill announces nothing). Nothing is
processed or announced twice, also if the lost event still arrives. Ctrl-C
finishes the invocations in progress; run the command again to continue.`;

/** Adds `audit` to the commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('audit'))
    .description('Compare every photo in the upload bucket with its record, and report what is missing, failed or stuck.')
    .option('--prefix <prefix>', 'only keys with this prefix', '')
    .option('--renditions', 'also check that every rendition exists', false)
    .option('--keys <number>', 'maximum keys to list for each finding', wholeNumber, 20)
    .addOption(new Option('--json', 'print one JSON document').default(false).conflicts('fix'))
    .option('--fix', 'process and announce what was lost or never finished', false)
    .option('--yes', 'with --fix: do not ask', false)
    .option('--rate <number>', 'with --fix: maximum invocations per second', positiveNumber, 10)
    .addHelpText('after', NOTES)
    .action(async (options: CommandOptions) => {
      const target = new DeployedFunction(options.function);
      const report = await auditWithProgress(target, options);
      process.stdout.write(options.json ? auditDocument(report) : auditText(report, paintFor(process.stdout)));
      const isFixed = options.fix && (await interruptibly((interruption) => fixFindings(target, report, { ...options, interruption })));
      process.exitCode = typeof isFixed === 'number' ? isFixed : needsAttention(report) ? EXIT.needsAttention : EXIT.inOrder;
    });
}

interface CommandOptions {
  readonly function: string;
  readonly prefix: string;
  readonly renditions: boolean;
  readonly keys: number;
  readonly json: boolean;
  readonly fix: boolean;
  readonly yes: boolean;
  readonly rate: number;
}

type FixRun = FixOptions & Pick<CommandOptions, 'yes'>;

/** Settles what an audit has found, after asking, and returns the exit code. */
async function fixFindings(target: DeployedFunction, report: AuditReport, options: FixRun): Promise<number> {
  const total = [...report.states].reduce((sum, [state, { count }]) => sum + (findingOf(state) === undefined ? 0 : count), 0);
  if (total === 0) return exitCode(report, 0);
  if (!options.yes && !process.stdin.isTTY)
    throw new OperatorError('--fix processes and announces photos only with consent, and there is no terminal to ask on. Add --yes.');
  if (!options.yes && !(await confirm(`\nProcess and announce ${counted(total, 'photo')}?`, options.interruption))) return EXIT.interrupted;
  const { counts, unfinished } = await settled(target, total, options);
  const results = [...counts].map(([status, count]) => `${status} ${count.toLocaleString('en')}`);
  print(`\n${['Fixed', ...results].join(' · ')}`);
  for (const { key, reason } of unfinished) print(`    "${readableText(key)}": ${readableText(reason ?? '')}`);
  if (options.interruption.aborted) return EXIT.interrupted;
  if (unfinished.length > 0) print('Run it again in a few minutes; what is settled is not processed again.');
  return exitCode(report, total - (counts.get('unfinished') ?? 0));
}

/** Everything is in order if all that needed attention has been settled. */
function exitCode(report: AuditReport, settled: number): number {
  return needingAttention(report) > settled || report.deadLetters > 0 ? EXIT.needsAttention : EXIT.inOrder;
}

/** Maximum photos that are listed with the reason why they are unfinished. */
const MAX_REASONS = 20;

async function settled(target: DeployedFunction, total: number, options: FixOptions) {
  const counts = new Map<string, number>();
  const unfinished: Fixed[] = [];
  const progress = showProgress(total, process.stderr);
  try {
    for await (const fixed of fix(target, options)) {
      counts.set(fixed.status, (counts.get(fixed.status) ?? 0) + 1);
      if (fixed.status === 'unfinished' && unfinished.length < MAX_REASONS) unfinished.push(fixed);
      progress.advance({ key: fixed.key, status: fixed.status });
    }
  } finally {
    progress.stop();
  }
  return { counts, unfinished };
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
