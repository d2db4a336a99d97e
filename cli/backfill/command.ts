import { type Command, Option } from 'commander';
import { readableText } from '../../local/ui/readable.ts';
import type { InspectedPhoto } from '../photos/inspection.ts';
import { PhotoStores } from '../photos/photo-stores.ts';
import { EXIT, interruptibly, positiveNumber, withFunctionOption } from '../pipeline/command-line.ts';
import { DeployedFunction } from '../pipeline/deployed-function.ts';
import { type Counter, counterOn } from '../terminal/progress.ts';
import { counted } from '../terminal/text.ts';
import { jobCommands, writeManifest } from './manifest.ts';
import { candidates, countCandidates, planText } from './plan.ts';
import { runTasks, TaskCounts } from './tasks.ts';

const NOTES = `
Processes photos that have no record, failed, were made with settings that have
changed since, or were never finished. A newer upload always wins, no photo is
processed twice, and no notification is sent. Ctrl-C finishes the invocations in
progress; run the command again to continue. For millions of photos, an S3 Batch
Operations job is faster: --manifest writes its list of objects.

Needs lambda:GetFunctionConfiguration, s3:ListBucket and dynamodb:BatchGetItem;
with --apply also lambda:InvokeFunction and lambda:GetFunctionEventInvokeConfig;
with --manifest also s3:GetObject and lambda:GetFunctionEventInvokeConfig.`;

interface BackfillOptions {
  readonly function: string;
  readonly prefix: string;
  readonly apply: boolean;
  readonly rate: number;
  readonly manifest?: string;
  readonly job?: string;
}

/** Adds `backfill` to the commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('backfill'))
    .description('Process photos without a result or with an outdated one. Without --apply, only count them.')
    .option('--prefix <prefix>', 'only keys with this prefix', '')
    .addOption(new Option('--dry-run', 'only count (the default)').conflicts(['apply', 'manifest']))
    .addOption(new Option('--apply', 'invoke the function').default(false).conflicts('manifest'))
    .option('--rate <number>', 'maximum invocations per second', positiveNumber, 10)
    .option('--manifest <file>', 'write the manifest of an S3 Batch Operations job, and print the commands that create the job')
    .option('--job <id>', 'continue this job, without retrying the failures that it recorded (default: a new job)')
    .addHelpText('after', NOTES)
    .action(async (options: BackfillOptions) => {
      process.exitCode = await backfill(options);
    });
}

/** What counting, processing and listing photos need. */
interface Backfill {
  readonly target: DeployedFunction;
  readonly stores: PhotoStores;
  readonly photos: AsyncIterable<InspectedPhoto>;
  readonly job: string;
  readonly rate: number;
}

async function backfill({ function: name, prefix, apply, rate, manifest, job = newJob() }: BackfillOptions): Promise<number> {
  const target = new DeployedFunction(name);
  const stores = new PhotoStores(await target.settings());
  const common = { target, stores, photos: candidates(stores, { prefix }, job), job, rate };
  const counter = counterOn(process.stderr, 'photos');
  try {
    if (manifest !== undefined) return await listPhotos(common, manifest, counter);
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

async function listPhotos({ target, stores, photos, job }: Backfill, file: string, counter: Counter): Promise<number> {
  const manifest = await writeManifest(file, photos, stores, (lines, key) => counter.show(lines, key));
  counter.stop();
  print(`Listed in ${file}: ${counted(manifest.lines, 'photo')}. Nothing was invoked.`);
  if (manifest.lines > 0) print(`\nTo create the job:\n\n${jobCommands(manifest, await target.place(), job)}`);
  return EXIT.inOrder;
}

/** Prints a line, after removing the counter if there is one. */
function print(line: string, counter?: Counter): void {
  counter?.stop();
  process.stdout.write(`${line}\n`);
}
