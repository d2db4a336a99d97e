import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from '@jest/globals';
import { until } from './until.ts';

const PROJECT = resolve(import.meta.dirname, '..');

/** A program that has ended, and what it printed. */
export interface Ended {
  /** The exit code; null if a signal ended the program. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const started = new Set<StartedProgram>();

// Registered here, so that no test file can forget it: a program ends with the file that started it, even if its test fails.
afterAll(async () => {
  await Promise.all([...started].map((program) => program.kill()));
});

/** A program of this project in a process group of its own, as a terminal would start it. */
export class StartedProgram {
  /** Resolves when the program has ended and everything that it printed has arrived. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #news = new EventEmitter();
  #printed = '';
  #hasEnded = false;

  /**
   * Starts a TypeScript program.
   * @param words path of the program and its arguments; options of Node may come first
   * @param environment default: that of this process
   */
  static start(words: readonly string[], environment: NodeJS.ProcessEnv = process.env): StartedProgram {
    const endWithParent = pathToFileURL(resolve(import.meta.dirname, 'end-with-parent.mjs')).href;
    return new StartedProgram(process.execPath, ['--import', endWithParent, '--import', 'tsx', ...words], environment);
  }

  /** Starts a command line, as it would be typed. */
  static command(line: string): StartedProgram {
    return new StartedProgram('sh', ['-c', line], process.env);
  }

  private constructor(file: string, words: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(file, words, { cwd: PROJECT, env, detached: true });
    started.add(this);
    const [stdout, stderr] = [this.#collect(this.#child.stdout), this.#collect(this.#child.stderr)];
    this.ended = once(this.#child, 'close').then(([code]) => {
      this.#hasEnded = true;
      this.#news.emit('news');
      return { code, stdout: stdout(), stderr: stderr() };
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * Waits until the program has printed something, on either stream.
   * @throws {Error} with everything that it printed, if it ends without
   */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#printed);
      if (found !== null) return found;
      if (this.#hasEnded) throw new Error(`The program ended without printing ${pattern}:\n${this.#printed}`);
      await once(this.#news, 'news');
    }
  }

  /** Ctrl-C, which reaches every process of a terminal. */
  interrupt(): void {
    this.#signal('SIGINT');
  }

  /** Sends a signal to the program alone, as a process manager does. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  /** Resolves when no process of the group is left; the TypeScript loader's own ends a moment after the program. */
  async leftNothing(): Promise<void> {
    await until(() => !this.#signal(0));
  }

  /** Ends the program and whatever it has started at once. */
  async kill(): Promise<void> {
    started.delete(this);
    this.#signal('SIGKILL');
    await this.ended;
  }

  #collect(stream: ChildProcess['stdout']): () => string {
    let text = '';
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      this.#printed += chunk;
      this.#news.emit('news');
    });
    return () => text;
  }

  /** False if no process of the group is left. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    const { pid } = this.#child;
    // Without one, the program did not start; 0 would stand for the group of this process.
    if (pid === undefined) return false;
    try {
      return process.kill(-pid, signal);
    } catch {
      return false;
    }
  }
}

/** Runs a program to its end. */
export function runProgram(words: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Ended> {
  return StartedProgram.start(words, environment).ended;
}
