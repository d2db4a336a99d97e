import type { ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** The exit code and the output of a process. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function finished(child: ChildProcess): Promise<Finished> {
  const [code, stdout, stderr] = await Promise.all([
    new Promise<number | null>((done) => child.once('close', done)),
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ]);
  return { code, stdout, stderr };
}
