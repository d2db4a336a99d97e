import { Command, Option } from 'commander';
import { writeDocumentation } from './documentation.ts';
import { coldStart } from './measures/cold-start.ts';
import { commandScale } from './measures/command-scale.ts';
import { cost } from './measures/cost.ts';
import { handler } from './measures/handler.ts';
import { mainJob } from './measures/main-job.ts';
import { memory } from './measures/memory.ts';
import { quality } from './measures/quality.ts';
import { synth } from './measures/synth.ts';
import { againstNative, againstPillow, againstPlainSharp, scaling } from './measures/throughput.ts';
import { type Report, textReport, thisMachine, versionsOf } from './report.ts';
import { rightSizing } from './right-sizing.ts';
import { type Row, rowOf } from './row.ts';
import { type Setting, withSetting } from './setting.ts';

interface Options {
  readonly json: boolean;
  readonly quick: boolean;
  readonly only?: string;
  readonly rightSizing: boolean;
  readonly writeDocs: boolean;
}

const MEASURES = [
  mainJob,
  againstPlainSharp,
  againstPillow,
  againstNative,
  scaling,
  memory,
  handler,
  coldStart,
  cost,
  synth,
  commandScale,
  quality,
];
const INTERRUPTED = 130;

// The SDK's advice to upgrade Node would interrupt the progress line.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());
process.once('SIGTERM', () => interruption.abort());

try {
  await new Command('npm run bench --')
    .description('Compare the project with alternatives and with its targets.')
    .option('--json', 'print one JSON document', false)
    .option('--quick', 'run for under a minute: fewer rounds, no long measurements', false)
    .addOption(
      new Option('--only <part>', 'measure one part of the table').choices(MEASURES.map(({ title }) => title)).conflicts('writeDocs'),
    )
    .option('--right-sizing', 'also measure time and cost for each memory setting', false)
    .option('--write-docs', 'write the figures into docs/performance.md', false)
    .allowExcessArguments(false)
    .action(run)
    .parseAsync();
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  process.exit(INTERRUPTED);
}

async function run(options: Options): Promise<void> {
  const report = await withSetting(options.quick, interruption.signal, (setting) => measure(setting, options));
  if (options.writeDocs) await writeDocumentation(report);
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : textReport(report));
}

async function measure(setting: Setting, options: Options): Promise<Report> {
  const machine = await thisMachine();
  const rows: Row[] = [];
  for (const { title, run } of MEASURES.filter(({ title }) => title === (options.only ?? title))) {
    showProgress(`measuring ${title} …`);
    rows.push(...(await run(setting)).map(rowOf));
    setting.signal.throwIfAborted();
  }
  const sized = options.rightSizing
    ? await rightSizing(setting, (size) => showProgress(`${size.preset} with ${size.memoryMb} MB`))
    : undefined;
  showProgress('');
  return { machine, versions: versionsOf(setting.installed), rounds: setting.rounds, rows, ...(sized && { rightSizing: sized }) };
}

/** Replaces the progress line, on a terminal only. */
function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}
