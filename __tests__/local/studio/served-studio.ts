import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** `npm start -- --serve`, as a user runs it. */
export class ServedStudio {
  readonly #child: ChildProcess;
  readonly #folder: string;
  #printed = '';

  static async start(...options: string[]): Promise<ServedStudio> {
    const folder = await mkdtemp(join(tmpdir(), 'served-'));
    const studio = new ServedStudio(folder, options);
    await studio.printed(/Ctrl-C/);
    return studio;
  }

  private constructor(folder: string, options: readonly string[]) {
    this.#folder = folder;
    const command = ['cli/launch.mjs', '--serve', '--port', '0', '--s3-port', '0', '--out', folder, ...options];
    // A process group of its own, so that what it starts can be told from everything else.
    this.#child = spawn(process.execPath, command, { cwd: resolve(import.meta.dirname, '../../..'), detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (chunk) => (this.#printed += chunk));
  }

  /** Of the S3 endpoint. */
  get s3(): string {
    return /aws --endpoint-url (\S+) s3 cp/.exec(this.#printed)?.[1] ?? '';
  }

  get url(): string {
    return /^Page: (\S+)$/m.exec(this.#printed)?.[1] ?? '';
  }

  /** Waits until something was printed. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#printed);
      if (found !== null) return found;
      if (this.#child.exitCode !== null) throw new Error(`The studio ended:\n${this.#printed}`);
      await delay(50);
    }
  }

  /** Of the server; what it starts is in its process group. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ctrl-C, which reaches every process of a terminal. Answers with the exit code and whether a process is left. */
  async interrupt(): Promise<{ code: number | null; left: boolean }> {
    if (this.#child.exitCode === null) {
      process.kill(-this.pid, 'SIGINT');
      await once(this.#child, 'close');
    }
    await rm(this.#folder, { recursive: true, force: true });
    return { code: this.#child.exitCode, left: await outlives(-this.pid) };
  }
}

/** The TypeScript loader's own process notices a moment later that nobody needs it any more. */
async function outlives(pid: number): Promise<boolean> {
  for (let waited = 0; waited < 2000 && isAlive(pid); waited += 20) await delay(20);
  return isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
