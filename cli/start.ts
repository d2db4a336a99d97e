import { relative } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { localDeployment } from '../config/deployments.ts';
import { PRESET_NAMES } from '../config/presets.ts';
import type { RunResult } from '../local/run/run-result.ts';
import { checkStateFolder, gatherInputs, InputError } from './start/paths.ts';
import { faultOf, runDocument, summarize } from './start/summary.ts';
import { hasColours, jsonDocument } from './terminal/text.ts';

const EXIT = { worked: 0, pipelineFailed: 1, misunderstood: 2, interrupted: 130 } as const;

const EXAMPLES = `
Examples:
  npm start                                            sample photos
  npm start -- ~/Pictures/holiday                      a folder, with subfolders
  npm start -- --preset media-thumbnails a.jpg b.png   another preset
  npm start -- --heic ~/Pictures/holiday               HEIC photos, too
  npm start -- --json photos > run.json                for scripts
  npm start -- --no-report photos                      renditions only
  npm start -- --serve                                 a page to drop photos on
  npm start -- --serve --state studio                  the same, resumable

Hidden files in folders are skipped. With --state, the studio resumes where the
last run with this folder stopped.

Exit code: ${EXIT.worked} when the run worked, even if some images failed because of the
images themselves; ${EXIT.pipelineFailed} when the pipeline failed; ${EXIT.misunderstood} when the command cannot be
carried out; ${EXIT.interrupted} when it was interrupted.`;

const port = z.coerce.number().int().min(0).max(65_535);
const optionsSchema = z.object({
  preset: z.enum(PRESET_NAMES),
  heic: z.boolean().default(false),
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

// The pinned SDK works on Node 20; its advice to upgrade would be the first thing a user reads.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader such as `head` has closed the pipe; the work is done.
  if (error.code !== 'EPIPE') throw error;
});

const exitCode = await start(process.argv);
// Exits without waiting for images that are still being decoded.
if (exitCode === EXIT.interrupted) process.exit(exitCode);
process.exitCode = exitCode;

async function start(argv: readonly string[]): Promise<number> {
  try {
    const { preset, heic, out, json, report: wantsReport, serve, state, port, s3Port, paths } = readCommand(argv);
    if (state !== undefined) checkStateFolder(state, { serve, out });
    if (serve) {
      if (json || paths.length > 0) throw new InputError('--serve takes neither paths nor --json: upload photos once it is running.');
      const { runStudio } = await import('./start/serve.ts');
      return await runStudio({ preset, heic, folder: out, stateFolder: state, port, s3Port, interruption: interruption() });
    }
    const settings = localDeployment(preset, { heic });
    const inputs = await gatherInputs(paths, out, settings.trigger.prefix);
    // Loaded only now: the servers and the SDK would delay every error message.
    const { runMainJob } = await import('./start/main-job.ts');
    const { run, report } = await runMainJob({ settings, inputs, folder: out, wantsReport, interruption: interruption() });
    process.stdout.write(json ? jsonDocument(runDocument(run)) : summarize(run, report && shortest(report), hasColours(process.stdout)));
    return verdict(run);
  } catch (error) {
    return explain(error);
  }
}

function readCommand(argv: readonly string[]): z.infer<typeof optionsSchema> & { paths: readonly string[] } {
  const command = new Command('npm start --')
    .description('Run the whole pipeline on this machine, without an AWS account, on sample photos or your own.')
    .argument('[paths...]', 'photos and folders of photos (default: sample photos)')
    .addOption(new Option('-p, --preset <name>', 'preset to run').choices(PRESET_NAMES).default('photo-sharing'))
    .option('--heic', 'decode HEIC and HEIF photos, too (docs/heic.md)')
    .option('-o, --out <folder>', 'folder for renditions and the report', 'out')
    .option('--json', 'print one JSON document; progress goes to standard error')
    .option('--no-report', 'write renditions only, without report.html')
    .option('--serve', 'keep running, with a page to drop photos on and an S3 endpoint for any S3 client')
    .option('--state <folder>', 'with --serve: keep the uploads, records and mails of each preset in a folder for the next start')
    .addOption(portOption('--port <number>', 'port of the page', 8480))
    .addOption(portOption('--s3-port <number>', 'port of the S3 endpoint', 8490))
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('npm start -- --help lists the options.')
    .exitOverride()
    .parse(argv);
  return { ...optionsSchema.parse(command.opts()), paths: command.args };
}

function portOption(flags: string, description: string, usual: number): Option {
  return new Option(flags, `${description}; another one is chosen if it is in use`).default(usual).argParser((text) => {
    const parsed = port.safeParse(text);
    if (!parsed.success) throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
    return parsed.data;
  });
}

function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    // Not `once`: npm and tsx pass on the signal that the terminal has already sent to every process.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => reject(new Interrupted()));
  });
}

/** Returns a path relative to the working directory if it is inside. */
function shortest(path: string): string {
  const short = relative('', path);
  return short.startsWith('..') ? path : short;
}

/** A bad image is a result; an event in the dead-letter queue is a failure of the pipeline. */
function verdict({ photos }: RunResult): number {
  const fault = faultOf(photos);
  if (fault === undefined) return EXIT.worked;
  process.stderr.write(`${fault}\n`);
  return EXIT.pipelineFailed;
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.worked : EXIT.misunderstood;
  if (error instanceof Interrupted) {
    process.stderr.write('Interrupted. Finished renditions are in the output folder.\n');
    return EXIT.interrupted;
  }
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof InputError ? EXIT.misunderstood : EXIT.pipelineFailed;
}
