import { type Command, Option } from 'commander';
import { readableText } from '../../local/ui/readable.ts';
import type { InspectedPhoto } from '../photos/inspection.ts';
import { PhotoStores } from '../photos/photo-stores.ts';
import { positiveNumber, withFunctionOption } from '../pipeline/command-options.ts';
import { DeployedFunction } from '../pipeline/deployed-function.ts';
import { EXIT } from '../pipeline/operator-error.ts';
import { counted } from '../terminal/counted.ts';
import { interruptibly } from '../terminal/interruption.ts';
import { type Counter, counterOn } from '../terminal/progress-counter.ts';
import { BackfillRun } from './backfill-run.ts';
import { candidates } from './candidates.ts';
import { jobCommands, writeManifest } from './manifest.ts';
import { countCandidates, planText } from './plan.ts';
import { runTasks } from './run-tasks.ts';

const NOTES = `
Processed are photos without a record, failed ones, those made with other settings than the function has now, and those whose
work was never finished. A newer upload always wins, nothing is done twice, and nothing is announced. Ctrl-C finishes what is
under way; running it again continues. Millions of photos are faster as an S3 Batch Operations job: --manifest writes its list.

Needs lambda:GetFunctionConfiguration, s3:ListBucket and dynamodb:BatchGetItem; with --apply also lambda:InvokeFunction and
lambda:GetFunctionEventInvokeConfig; with --manifest also s3:GetObject and lambda:GetFunctionEventInvokeConfig.`;

interface BackfillOptions {
  readonly function: string;
  readonly prefix: string;
  readonly apply: boolean;
  readonly rate: number;
  readonly manifest?: string;
  readonly job?: string;
}

/** Adds `backfill` to the operator's commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('backfill'))
    .description('Process photos that have no result, or one made with other settings; without --apply they are only counted.')
    .option('--prefix <prefix>', 'only keys that begin so', '')
    .addOption(new Option('--dry-run', 'only count, which is the default').conflicts(['apply', 'manifest']))
    .addOption(new Option('--apply', 'really invoke the function').default(false).conflicts('manifest'))
    .option('--rate <number>', 'invocations a second at the most', positiveNumber, 10)
    .option('--manifest <file>', 'write the manifest of an S3 Batch Operations job, and tell how to make the job')
    .option('--job <id>', 'continue this job, which tries no failure again that it recorded itself (default: a new job)')
    .addHelpText('after', NOTES)
    .action(async (options: BackfillOptions) => {
      process.exitCode = await backfill(options);
    });
}

/** What the three ways of the command have in common. */
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

/** A name of its own for every run: the function tries a failure once a job. */
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
  const run = new BackfillRun();
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

function verdict(run: BackfillRun, job: string, { aborted }: AbortSignal): number {
  const where = run.done === 0 ? 'before the first photo' : `after "${readableText(run.lastKey)}"`;
  const again = `Run it again to continue; with --job ${job} it tries none of the failures above again.`;
  if (run.isHopeless) print(`Stopped ${where}, as the function fails every time. Look into its log, mend it, and run this again.`);
  else if (aborted) print(`Interrupted ${where}. ${again}`);
  else if (run.hasFaults) print(`Some photos met a passing fault. ${again}`);
  if (aborted) return EXIT.interrupted;
  return run.hasFaults ? EXIT.needsAttention : EXIT.inOrder;
}

async function listPhotos({ target, stores, photos, job }: Backfill, file: string, counter: Counter): Promise<number> {
  const manifest = await writeManifest(file, photos, stores, (lines, key) => counter.show(lines, key));
  counter.stop();
  print(`Listed in ${file}: ${counted(manifest.lines, 'photo')}. Nothing was invoked.`);
  if (manifest.lines > 0) print(`\nTo make the job:\n\n${jobCommands(manifest, await target.place(), job)}`);
  return EXIT.inOrder;
}

/** A line of its own, also where a counter is being drawn. */
function print(line: string, counter?: Counter): void {
  counter?.stop();
  process.stdout.write(`${line}\n`);
}
