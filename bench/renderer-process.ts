import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Size } from '../lambda-src/image/rendition-size.ts';
import { timed } from './statistics.ts';

/** A job for a renderer, ours or a peer's: a line of JSON on its standard input. It responds with the line `done`. */
export interface Job {
  /** Path of the original. */
  readonly photo: string;
  readonly renditions: readonly RequestedRendition[];
}

/** Formats that jobs ask for. */
export type JobFormat = 'jpeg' | 'webp';

/** A picture with quality 90 that fits into a box. */
interface RequestedRendition extends Size {
  readonly format: JobFormat;
  /** Path of the file to write. */
  readonly output: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Restricts a command to these cores. */
export function onCores(cores: string, { program, args, ...rest }: Command): Command {
  return { ...rest, program: 'taskset', args: ['--cpu-list', cores, program, ...args] };
}

/** Debian's programs come first, because the PATH can contain wrappers with the same names. */
export function environmentOf({ environment }: Command): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `/usr/bin:/bin:${process.env.PATH}`, ...environment };
}

/** Separates peers from the terminal's Ctrl-C, on which Python would print a traceback; the abort signal ends them. */
const APART = { detached: true } as const;

/** A process that renders job after job, so that its start is not measured. */
export class RendererProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: Interface;
  #failure: Error | undefined;

  constructor(command: Command, signal: AbortSignal) {
    const { program, args } = command;
    this.#child = spawn(program, args, { env: environmentOf(command), signal, stdio: ['pipe', 'pipe', 'inherit'], ...APART });
    this.#child.once('error', (error) => {
      this.#failure = error;
    });
    // An exited process accepts no more jobs; its exit is reported instead.
    this.#child.stdin.on('error', () => {});
    this.#answers = createInterface({ input: this.#child.stdout });
  }

  /** Runs jobs with limited concurrency and returns the milliseconds until all are done. */
  async render(jobs: readonly Job[], inFlight = 1): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure;
    return timed(() => this.#answered(jobs, inFlight));
  }

  async residentMegabytes(line: MemoryLine): Promise<number> {
    return residentMegabytes(this.#child.pid ?? 0, line);
  }

  /** Returns its CPU time so far, in milliseconds. */
  async cpu(): Promise<number> {
    return cpuMilliseconds(this.#child.pid ?? 0);
  }

  async stop(): Promise<void> {
    if (this.#failure !== undefined || this.#child.exitCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    await closed;
  }

  #answered(jobs: readonly Job[], inFlight: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const waiting = [...jobs];
      let unanswered = jobs.length;
      const handOver = (): void => {
        const job = waiting.shift();
        if (job !== undefined) this.#child.stdin.write(`${JSON.stringify(job)}\n`);
      };
      const answered = (): void => {
        unanswered -= 1;
        if (unanswered === 0) settle();
        else handOver();
      };
      const ended = (): void => settle(this.#failure ?? new Error('a renderer exited before its work was done'));
      const settle = (failure?: Error): void => {
        this.#answers.off('line', answered);
        this.#child.off('close', ended);
        if (failure === undefined) resolve();
        else reject(failure);
      };
      this.#answers.on('line', answered);
      this.#child.on('close', ended);
      for (let place = 0; place < inFlight; place += 1) handOver();
    });
  }
}

/** Runs a command with `input` on its standard input and returns the milliseconds that it took. */
export async function runToEnd(command: Command, signal: AbortSignal, input = ''): Promise<number> {
  return timed(async () => {
    const { program, args } = command;
    const child = spawn(program, args, { env: environmentOf(command), signal, stdio: ['pipe', 'ignore', 'inherit'], ...APART });
    child.stdin.end(input);
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with exit status ${code}`);
  });
}

/** Linux reports CPU time in hundredths of a second on all platforms that Node supports. */
const MILLISECONDS_PER_TICK = 10;

/** Returns the CPU time of a process so far, in milliseconds: user and system time of all threads, including finished ones. */
export async function cpuMilliseconds(pid: number): Promise<number> {
  const { userTicks, systemTicks } = await statOf(pid);
  return (userTicks + systemTicks) * MILLISECONDS_PER_TICK;
}

/** Reads the state of a process from fields 5, 14 and 15 of `/proc/PID/stat` (proc_pid_stat(5)). Rejects if it has exited. */
export async function statOf(pid: number): Promise<{ group: number; userTicks: number; systemTicks: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses, field 2, can contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { group: Number(fields[2]), userTicks: Number(fields[11]), systemTicks: Number(fields[12]) };
}

/** The current resident memory, or its peak. */
type MemoryLine = 'VmRSS' | 'VmHWM';

/** Reads a line of `/proc/PID/status`, in megabytes of 1024 × 1024 bytes. Rejects if the process has exited; NaN while it is exiting. */
export async function residentMegabytes(pid: number, line: MemoryLine): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(status.match(new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm'))?.[1]) / 1024;
}
