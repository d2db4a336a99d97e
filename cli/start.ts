import { relative, resolve, sep } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { deploymentOf } from '../config/deployments.ts';
import { PRESET_NAMES } from '../config/presets.ts';
import type { RunResult } from '../local/run/run-result.ts';
import { gatherInputs, InputError } from './start/inputs.ts';
import { runDocument } from './start/run-document.ts';
import { faultOf, summarize } from './start/summary.ts';

const EXIT = { worked: 0, pipelineFailed: 1, misunderstood: 2, interrupted: 130 } as const;

const EXAMPLES = `
Examples:
  npm start                                            sample photos
  npm start -- ~/Pictures/holiday                      a folder with its subfolders
  npm start -- --preset media-thumbnails a.jpg b.png   another of the four systems
  npm start -- --json photos > run.json                for scripts
  npm start -- --no-report photos                      renditions only
  npm start -- --serve                                 keeps running: a page to drop photos on, and S3 to upload to
  npm start -- --serve --state studio                  the same; the next start with the folder goes on where this one ended

Hidden files in folders are left out. Exit code: ${EXIT.worked} when the run worked, even if some photos failed by their own fault;
${EXIT.pipelineFailed} when the pipeline failed; ${EXIT.misunderstood} when the command cannot be carried out; ${EXIT.interrupted} when it was interrupted.`;

const port = z.coerce.number().int().min(0).max(65_535);
const optionsSchema = z.object({
  preset: z.enum(PRESET_NAMES),
  out: z.string(),
  json: z.boolean().default(false),
  report: z.boolean(),
  serve: z.boolean().default(false),
  state: z.string().optional(),
  port,
  s3Port: port,
});

class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

// The lock file holds versions that work on Node 20; the advice of the SDK to upgrade would be the first thing a user reads.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader such as `head` has had enough; what was to be done is done.
  if (error.code !== 'EPIPE') throw error;
});

const exitCode = await start(process.argv);
// After an interruption nobody waits for what is still being decoded.
if (exitCode === EXIT.interrupted) process.exit(exitCode);
process.exitCode = exitCode;

async function start(argv: readonly string[]): Promise<number> {
  try {
    const { preset, out, json, report: wantsReport, serve, state, port, s3Port, paths } = readCommand(argv);
    if (state !== undefined) checkState(state, { serve, out });
    if (serve) {
      if (json || paths.length > 0) throw new InputError('--serve takes neither paths nor --json: upload to it once it runs.');
      const { runStudio } = await import('./start/serve.ts');
      return await runStudio({ preset, folder: out, stateFolder: state, port, s3Port, interruption: interruption() });
    }
    const settings = deploymentOf(preset, 'dev', 'x86_64');
    const inputs = await gatherInputs(paths, out, settings.trigger.prefix);
    // Loaded only now: the servers and SDKs take longer than telling what is wrong with a command.
    const { runMainJob } = await import('./start/main-job.ts');
    const { run, report } = await runMainJob({ settings, inputs, folder: out, wantsReport, interruption: interruption() });
    process.stdout.write(
      json ? `${JSON.stringify(runDocument(run), null, 2)}\n` : summarize(run, report && shortest(report), hasColours(process.stdout)),
    );
    return verdict(run);
  } catch (error) {
    return explain(error);
  }
}

function readCommand(argv: readonly string[]): z.infer<typeof optionsSchema> & { paths: readonly string[] } {
  const command = new Command('npm start --')
    .description('Runs the whole pipeline on this machine, without an AWS account, on sample photos or on yours.')
    .argument('[paths...]', 'photos and folders of photos; sample photos if there are none')
    .addOption(new Option('-p, --preset <name>', 'which of the four systems').choices(PRESET_NAMES).default('photo-sharing'))
    .option('-o, --out <folder>', 'where renditions and the report are written', 'out')
    .option('--json', 'print one JSON document; progress goes to standard error')
    .option('--no-report', 'write renditions only, without report.html')
    .option('--serve', 'keep running: a page to drop photos on, and an S3 endpoint for any S3 client')
    .option('--state <folder>', 'with --serve: keep uploads, records and mails of each preset in a folder, for the next start')
    .addOption(portOption('--port <number>', 'port of the page', 8480))
    .addOption(portOption('--s3-port <number>', 'port of the S3 endpoint', 8490))
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('npm start -- --help lists the options.')
    .exitOverride()
    .parse(argv);
  return { ...optionsSchema.parse(command.opts()), paths: command.args };
}

function checkState(state: string, { serve, out }: { serve: boolean; out: string }): void {
  if (!serve) throw new InputError('--state goes with --serve: a run on photos keeps nothing but its results.');
  if (state === '') throw new InputError('--state names no folder. Name an empty or a new one.');
  const [one, other] = [resolve(state), resolve(out)];
  if (`${one}${sep}`.startsWith(`${other}${sep}`) || `${other}${sep}`.startsWith(`${one}${sep}`)) {
    throw new InputError(`--state and --out must be folders of their own, not "${state}" and "${out}".`);
  }
}

function portOption(flags: string, description: string, usual: number): Option {
  return new Option(flags, `${description}; a free one is chosen when it is taken`).default(usual).argParser((text) => {
    const parsed = port.safeParse(text);
    if (!parsed.success) throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
    return parsed.data;
  });
}

function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    // Not `once`: npm and tsx pass on the signal that the terminal has already sent to everyone.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => reject(new Interrupted()));
  });
}

/** Relative to the working directory, unless that leads out of it. */
function shortest(path: string): string {
  const short = relative('', path);
  return short.startsWith('..') ? path : short;
}

/** Only on a terminal that has them; NO_COLOR and FORCE_COLOR are respected. */
function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.hasColors();
}

/** Bad photos are an answer; an event in the dead-letter queue is a fault. */
function verdict({ photos }: RunResult): number {
  const fault = faultOf(photos);
  if (fault === undefined) return EXIT.worked;
  process.stderr.write(`${fault}\n`);
  return EXIT.pipelineFailed;
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.worked : EXIT.misunderstood;
  if (error instanceof Interrupted) {
    process.stderr.write('Interrupted. What was finished is in the output folder.\n');
    return EXIT.interrupted;
  }
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof InputError ? EXIT.misunderstood : EXIT.pipelineFailed;
}
