import { styleText } from 'node:util';
import type { PresetName } from '../config/presets.ts';
import { freePort } from '../local/loopback.ts';
import { OutputFolder } from '../local/output-folder.ts';
import { readableBytes, readableChange, readableName, readableText } from '../local/readable.ts';
import type { Delivery } from '../local/studio/delivery.ts';
import type { LivePipeline } from '../local/studio/live-pipeline.ts';
import { Studio } from '../local/studio/studio.ts';
import { serveStudio } from '../local/studio/studio-server.ts';

export interface StudioCommand {
  readonly preset: PresetName;
  /** Where renditions are written. */
  readonly folder: string;
  readonly port: number;
  readonly s3Port: number;
  /** Rejects when the user has had enough. */
  readonly interruption: Promise<never>;
}

/** Runs the studio until the user ends it; leaves no process and no half-written file behind. Answers with the exit code. */
export async function runStudio({ preset, folder, port, s3Port, interruption }: StudioCommand): Promise<number> {
  // Nobody waits for it before everything is started.
  interruption.catch(() => {});
  const output = await OutputFolder.open(folder);
  const starting = startStudio({ preset, output, port, s3Port });
  try {
    await Promise.race([interruption, starting.then(() => interruption)]);
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Interrupted') throw error;
    say('\nStopped. What was finished is in the output folder.');
    return 0;
  } finally {
    await Promise.allSettled([starting.then((studio) => studio.close()), output.close()]);
  }
}

async function startStudio(options: {
  preset: PresetName;
  output: OutputFolder;
  port: number;
  s3Port: number;
}): Promise<{ close(): Promise<void> }> {
  say(`Starting ${options.preset} …`);
  const s3Port = await freePort(options.s3Port);
  const studio = await Studio.start({
    preset: options.preset,
    output: options.output,
    s3Port,
    onStart: (pipeline) => say(introduction(pipeline)),
    onOutcome: (delivery) => say(lineOf(delivery)),
  });
  try {
    const server = await serveStudio(studio, await freePort(options.port));
    say(`Page: ${server.url}\nRenditions: ${options.output.root}\nCtrl-C ends it.\n`);
    return { close: () => server.close().then(() => studio.close()) };
  } catch (error) {
    await studio.close();
    throw error;
  }
}

function introduction({ settings, twin: { endpoints, resources } }: LivePipeline): string {
  const { prefix } = settings.trigger;
  const upload = `aws --endpoint-url ${endpoints.s3} s3 cp photo.jpg s3://${resources.uploadBucket}/${prefix}`;
  const list = `aws --endpoint-url ${endpoints.s3} s3 ls --recursive s3://${resources.outputBucket}/`;
  return [
    '',
    `${settings.preset} runs. Any S3 client can upload; any credentials do:`,
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
    ...(crashes > 0 ? [`${crashes} worker${crashes === 1 ? '' : 's'} died over it`] : []),
    `${milliseconds} ms`,
  ];
  const line = facts.join('  ');
  if (!process.stdout.isTTY || !process.stdout.hasColors()) return line;
  return styleText(status === 'processed' ? 'green' : status === 'failed' ? 'red' : 'yellow', line);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
