import { styleText } from 'node:util';
import type { PresetName } from '../../config/presets.ts';
import { isFreePort } from '../../local/aws/loopback.ts';
import type { OutputFolder } from '../../local/run/output-folder.ts';
import type { Delivery } from '../../local/studio/delivery.ts';
import type { LivePipeline } from '../../local/studio/live-pipeline.ts';
import { StateFolder, StateFolderError } from '../../local/studio/state-folder.ts';
import { Studio } from '../../local/studio/studio.ts';
import { serveStudio } from '../../local/studio/studio-server.ts';
import { readableBytes, readableChange, readableName, readableText } from '../../local/ui/readable.ts';
import { counted, hasColours, print } from '../terminal/text.ts';
import { InputError, openOutput } from './paths.ts';

export interface StudioCommand {
  readonly preset: PresetName;
  /** Whether HEIC photos are decoded. */
  readonly heic: boolean;
  /** The output folder. */
  readonly folder: string;
  /** Folder that keeps the state for the next start; undefined to keep nothing. */
  readonly stateFolder: string | undefined;
  readonly port: number;
  readonly s3Port: number;
  /** Rejects when the user interrupts. */
  readonly interruption: Promise<never>;
}

/** Runs the studio until the user interrupts it. Leaves no process and no unfinished file behind. Returns the exit code. */
export async function runStudio({ preset, heic, folder, stateFolder, port, s3Port, interruption }: StudioCommand): Promise<number> {
  // It may reject before it is awaited.
  interruption.catch(() => {});
  const state = await openState(stateFolder);
  const output = await openOutput(folder);
  const starting = startStudio({ preset, heic, output, state, port, s3Port });
  try {
    const end = Promise.race([interruption, ...(state ? [state.failure] : [])]);
    await Promise.race([end, starting.then(() => end)]);
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Interrupted') throw error;
    print(`\nStopped. Finished renditions are in the output folder${state ? '; everything else is in the state folder' : ''}.`);
    return 0;
  } finally {
    await Promise.allSettled([starting.then((studio) => studio.close()), output.close()]);
    await state?.close();
  }
}

async function openState(folder: string | undefined): Promise<StateFolder | undefined> {
  if (folder === undefined) return undefined;
  return StateFolder.open(folder).catch((error) => {
    throw error instanceof StateFolderError ? new InputError(error.message, { cause: error }) : error;
  });
}

interface OpenFolders {
  readonly output: OutputFolder;
  readonly state: StateFolder | undefined;
}

async function startStudio(
  options: Pick<StudioCommand, 'preset' | 'heic' | 'port' | 's3Port'> & OpenFolders,
): Promise<{ close(): Promise<void> }> {
  print(`Starting ${options.preset} …`);
  let s3 = '';
  const s3Port = await freeOrAny(options.s3Port);
  const studio = await Studio.start({
    ...options,
    s3Port,
    onStart: (pipeline) => {
      s3 ||= pipeline.localPipeline.endpoints.s3;
      print(introduction(pipeline));
    },
    onOutcome: (delivery) => print(lineOf(delivery)),
  });
  try {
    const server = await serveStudio(studio, await freeOrAny(options.port));
    reportPort('S3 endpoint', options.s3Port, s3);
    reportPort('page', options.port, server.url);
    const state = options.state ? `\nState: ${options.state.root}` : '';
    print(`Page: ${server.url}\nRenditions: ${options.output.root}${state}\nPress Ctrl-C to stop.\n`);
    return { close: () => server.close().then(() => studio.close()) };
  } catch (error) {
    await studio.close();
    throw error;
  }
}

/** Returns the port if it is free; otherwise 0, for which the system chooses one. */
async function freeOrAny(wanted: number): Promise<number> {
  return (await isFreePort(wanted)) ? wanted : 0;
}

function reportPort(what: string, wanted: number, url: string): void {
  const { port } = new URL(url);
  if (wanted !== 0 && port !== String(wanted)) print(`Port ${wanted} is in use; the ${what} uses port ${port}.`);
}

function introduction({ settings, localPipeline: { endpoints, resources } }: LivePipeline): string {
  const { prefix } = settings.trigger;
  const upload = `aws --endpoint-url ${endpoints.s3} s3 cp photo.jpg s3://${resources.uploadBucket}/${prefix}`;
  const list = `aws --endpoint-url ${endpoints.s3} s3 ls --recursive s3://${resources.outputBucket}/`;
  return [
    '',
    `${settings.preset} is running. Upload with any S3 client and any credentials:`,
    `  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=${settings.region}`,
    `  ${upload}`,
    ...(resources.outputBucket === undefined ? [] : [`  ${list}`]),
    '',
  ].join('\n');
}

function lineOf({ key, status, kind, bytes, outputs, failure, detail, milliseconds, crashes }: Delivery): string {
  const after = outputs.reduce((sum, output) => sum + output.bytes, 0);
  const facts = [
    status.padEnd(11),
    readableName(key, 60),
    ...(kind === 'late' ? ['(an older version, late)'] : []),
    ...(after > 0 && bytes !== undefined ? [`${readableBytes(bytes)} → ${readableBytes(after)} (${readableChange(bytes, after)})`] : []),
    ...(failure ? [`${failure.code}. ${failure.sentence}`] : []),
    ...(status === 'ignored' || status === 'deadLettered' ? [readableText(detail ?? '')] : []),
    ...(crashes > 0 ? [`crashed ${counted(crashes, 'worker')}`] : []),
    `${milliseconds} ms`,
  ];
  const line = facts.join('  ');
  if (!hasColours(process.stdout)) return line;
  return styleText(status === 'processed' ? 'green' : status === 'failed' ? 'red' : 'yellow', line);
}
