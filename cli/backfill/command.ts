import { type Command, Option } from 'commander';
import { readableText } from '../../local/ui/readable.ts';
import type { InspectedPhoto } from '../photos/inspection.ts';
import { PhotoStores } from '../photos/photo-stores.ts';
import { EXIT, interruptibly, positiveNumber, wholeNumber, withFunctionOption } from '../pipeline/command-line.ts';
import { DeployedFunction } from '../pipeline/deployed-function.ts';
import { type Counter, counterOn } from '../terminal/progress.ts';
import { dateOrTime, fileExtension } from './batch/filter.ts';
import { BatchBackfill, type JobOptions } from './batch/run.ts';
import { candidates, countCandidates, planText } from './plan.ts';
import { runTasks, TaskCounts } from './tasks.ts';

const NOTES = `
Processes photos that have no record, failed, were made with settings that have
changed since, or were never finished. A newer upload always wins, no photo is
processed twice, and no notification is sent. Ctrl-C finishes the invocations in
progress; run the command again to continue.

With --batch, an S3 Batch Operations job processes the photos, as many at once
as the Terraform variable batch_concurrency permits. The deployment needs the
setting batchJobs. The command shows photos, bytes, duration and cost and asks
before the job runs. Ctrl-C only stops following the job. The same request twice
is one job.

  $ npm run pipeline -- backfill -f NAME --batch
  $ npm run pipeline -- backfill -f NAME --batch --all --prefix 2025/ --yes
  $ npm run pipeline -- backfill -f NAME --status

Needs lambda:GetFunctionConfiguration, s3:ListBucket and dynamodb:BatchGetItem;
with --apply also lambda:InvokeFunction and lambda:GetFunctionEventInvokeConfig;
with --batch also lambda:GetFunctionConcurrency, s3:CreateJob, s3:DescribeJob,
s3:UpdateJobStatus, s3:ListJobs, iam:PassRole for the role batch_role_arn, and
s3:PutObject and s3:GetObject in the bucket of batch_report_location.`;

interface BackfillOptions extends JobOptions {
  readonly function: string;
  readonly apply?: true;
  readonly rate: number;
  readonly job?: string;
  readonly batch?: true;
  /** True without a job. */
  readonly status?: string | true;
  readonly cancel?: string;
  readonly resume?: string;
}

/** Adds `backfill` to the commands. */
export function register(program: Command): void {
  const command = withFunctionOption(program.command('backfill'))
    .description('Process photos without a result or with an outdated one. Without --apply or --batch, only count them.')
    .option('--prefix <prefix>', 'only keys with this prefix', '')
    .addOption(new Option('--dry-run', 'only count (the default)').conflicts(['apply', 'batch']))
    .addOption(new Option('--apply', 'invoke the function from here').conflicts('batch'))
    .option('--rate <number>', 'with --apply: maximum invocations per second', positiveNumber, 10)
    .option('--job <id>', 'with --apply: continue this job, without retrying the failures that it recorded (default: a new job)');
  withBatchOptions(command)
    .addHelpText('after', NOTES)
    .action(async (options: BackfillOptions) => {
      process.exitCode = await backfill(options);
    });
}

/** Options of which at most one makes sense. */
const ACTIONS = ['batch', 'status', 'cancel', 'resume', 'apply', 'dryRun'];

function withBatchOptions(command: Command): Command {
  const action = (flags: string, description: string): Option => {
    const option = new Option(flags, description);
    return option.conflicts(ACTIONS.filter((name) => name !== option.attributeName()));
  };
  return command
    .addOption(action('--batch', 'process them with an S3 Batch Operations job'))
    .option('--all', 'with --batch: have S3 list every photo, without comparing records here')
    .option('--suffix <suffix>', 'with --batch: only keys with this ending (repeatable)', fileExtension)
    .option('--min-bytes <number>', 'with --batch: only photos of at least this size', wholeNumber)
    .option('--max-bytes <number>', 'with --batch: only photos of at most this size', wholeNumber)
    .option('--uploaded-after <time>', 'with --batch: only photos uploaded after this (UTC)', dateOrTime)
    .option('--uploaded-before <time>', 'with --batch: only photos uploaded before this (UTC)', dateOrTime)
    .option('--max-objects <number>', 'refuse a job with more photos', wholeNumber)
    .option('--max-dollars <number>', 'refuse a job that costs more', positiveNumber, 100)
    .option('--yes', 'run the job without asking')
    .option('--again', 'with --batch: another job, although the same request ran before')
    .addOption(action('--status [job]', 'show a job, or list the jobs of this function'))
    .addOption(action('--cancel <job>', 'cancel a job'))
    .addOption(action('--resume <job>', 'follow a job; repeat it if it has ended'));
}

async function backfill(options: BackfillOptions): Promise<number> {
  const { function: name, status, cancel, resume } = options;
  if (status !== undefined) return (await BatchBackfill.of(name)).status(status === true ? undefined : status);
  if (cancel !== undefined) return (await BatchBackfill.of(name)).cancel(cancel);
  if (resume !== undefined) return (await BatchBackfill.of(name)).resume(resume, options);
  if (options.batch === true) return (await BatchBackfill.of(name)).start(options);
  return backfillFromHere(options);
}

/** What counting and processing photos need. */
interface Backfill {
  readonly target: DeployedFunction;
  readonly stores: PhotoStores;
  readonly photos: AsyncIterable<InspectedPhoto>;
  readonly job: string;
  readonly rate: number;
}

async function backfillFromHere({ function: name, prefix, apply, rate, job = newJob() }: BackfillOptions): Promise<number> {
  const target = new DeployedFunction(name);
  const stores = new PhotoStores(await target.settings());
  const common = { target, stores, photos: candidates(stores, { prefix }, job), job, rate };
  const counter = counterOn(process.stderr, 'photos');
  try {
    return await (apply ? processPhotos(common, counter) : countPhotos(common, counter));
  } finally {
    counter.stop();
  }
}

/** Names a job. Every run has its own, because the function tries a failed photo once per job. */
function newJob(): string {
  return `backfill-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-${crypto.randomUUID().slice(0, 8)}`;
}

async function countPhotos({ photos, rate }: Backfill, counter: Counter): Promise<number> {
  const findings = await countCandidates(photos, counter);
  print(planText(findings, rate), counter);
  return EXIT.inOrder;
}

async function processPhotos({ target, stores, photos, job, rate }: Backfill, counter: Counter): Promise<number> {
  const { partition } = await target.place();
  const bucketArn = `arn:${partition}:s3:::${stores.settings.uploadBucket}`;
  const run = new TaskCounts();
  print(`Job ${job}`);
  return interruptibly(async (interruption) => {
    try {
      for await (const result of runTasks(target, photos, { bucketArn, job, rate, interruption })) {
        run.add(result);
        counter.show(run.done, result.key);
        if (result.code !== 'Succeeded') print(`${result.code}  "${readableText(result.key)}"  ${readableText(result.detail)}`, counter);
        if (run.isHopeless) break;
      }
    } finally {
      print(run.summary(), counter);
    }
    return verdict(run, job, interruption);
  });
}

function verdict(run: TaskCounts, job: string, { aborted }: AbortSignal): number {
  const where = run.done === 0 ? 'before the first photo' : `after "${readableText(run.lastKey)}"`;
  const again = `Run it again to continue; --job ${job} skips the failures above.`;
  if (run.isHopeless) print(`Stopped ${where}, because the function fails every time. Read its log, fix it, and run this again.`);
  else if (aborted) print(`Interrupted ${where}. ${again}`);
  else if (run.hasTemporaryFailures) print(`Some photos failed temporarily. ${again}`);
  if (aborted) return EXIT.interrupted;
  return run.hasTemporaryFailures ? EXIT.needsAttention : EXIT.inOrder;
}

/** Prints a line, after removing the counter if there is one. */
function print(line: string, counter?: Counter): void {
  counter?.stop();
  process.stdout.write(`${line}\n`);
}
