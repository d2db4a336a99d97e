import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type DocumentedCommand, documentedCommands, PROOFS, type Proof } from '../docs/documented-commands.ts';
import { AWS_CLI_IS_HERE } from './prerequisites.ts';
import { ENVIRONMENT_SUFFIX, workspace } from './workspace.ts';

/** Returns the only documented command with this beginning, for this run's deployment. */
export function documentedCommand(beginning: string): string {
  const [found, ...more] = documentedCommands().filter(({ text: words }) => words.startsWith(`${beginning} `));
  if (found === undefined || more.length > 0)
    throw new Error(`${more.length + Number(found !== undefined)} documented commands begin with ${beginning}`);
  return ofThisRun(found.text);
}

/** A documented command and how it is tested. */
export interface Proved<By extends Proof['by']> {
  readonly command: DocumentedCommand;
  readonly name: string;
  readonly proof: Extract<Proof, { readonly by: By }>;
}

/** Returns the documented commands that are tested this way, in document order, without those of programs that are not installed. */
export function provedBy<By extends Proof['by']>(by: By): Proved<By>[] {
  return documentedCommands().flatMap((command) => {
    if (command.text.startsWith('aws ') && !AWS_CLI_IS_HERE) return [];
    const proof = PROOFS[command.text];
    return proof !== undefined && isBy(proof, by) ? [{ command, name: command.text, proof }] : [];
  });
}

function isBy<By extends Proof['by']>(proof: Proof, by: By): proof is Extract<Proof, { readonly by: By }> {
  return proof.by === by;
}

/** Adapts a command that is documented for the environment `dev` and with placeholder names to this run. */
export function ofThisRun(words: string): string {
  return words
    .replaceAll(/\b(photo-sharing|media-thumbnails|upload-processing|image-metadata|ImageMetadata)-dev\b/g, `$1-${ENVIRONMENT_SUFFIX}`)
    .replaceAll(/\bNAME\b/g, 'photo-sharing')
    .replaceAll(/\bPHOTO\b/g, 'a.jpg');
}

/** Output and exit code of a command. */
export interface Printed {
  readonly exitCode: unknown;
  readonly output: string;
}

/** Options for running a documented command. */
export interface RunOptions {
  /** Options to append. */
  readonly and?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** For commands that run until interrupted: once the pattern is printed, this runs, followed by Ctrl-C. */
  readonly whileRunning?: { readonly printed: RegExp; readonly act: (match: string) => Promise<void> };
}

/** Runs a documented command with a shell in this run's folder, after the variable assignments of its page. */
export async function runDocumented(
  { text: words, before }: DocumentedCommand,
  { and = '', env = {}, whileRunning }: RunOptions = {},
): Promise<Printed> {
  const script = ['exec 2>&1', ...before, `${words} ${and}`].map(ofThisRun).join('\n');
  const shell = spawn('bash', ['-ec', script], {
    cwd: workspace().folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const ended = Promise.all([text(shell.stdout), once(shell, 'close')]);
  if (whileRunning !== undefined) {
    try {
      await whileRunning.act(await firstMatch(shell.stdout, whileRunning.printed));
    } finally {
      if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGINT');
    }
  }
  const [output, [exitCode, signal]] = await ended;
  return { exitCode: signal === 'SIGINT' ? INTERRUPTED : exitCode, output };
}

/** Exit code of a shell whose command was ended by Ctrl-C. */
export const INTERRUPTED = 130;

/** Waits until a stream has printed a pattern; rejects if it ends first. */
function firstMatch(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  let soFar = '';
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      soFar += chunk.toString();
      const [match] = pattern.exec(soFar) ?? [];
      if (match !== undefined) resolve(match);
    });
    stream.on('end', () => reject(new Error(`it ended without printing ${pattern}:\n${soFar}`)));
  });
}
