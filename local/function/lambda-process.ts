import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FunctionConfiguration } from './function-configuration.ts';
import { exitError, type FunctionError, type InvocationAnswer, timeoutError, workerMessageSchema } from './invocation.ts';

const WORKER = fileURLToPath(new URL('lambda-worker.mjs', import.meta.url));

/** The only variables passed on from this machine: those that the system needs to load native code and open sockets. */
const INHERITED = ['LD_LIBRARY_PATH', 'SystemRoot'];

/**
 * Node 20 counts photo buffers outside V8's heap towards the threshold for incremental marking, so every second photo triggers a marking of the whole
 * heap, which takes a fifth of the function's CPU. Without incremental marking it does not, and still collects garbage once the heap has grown.
 * Node 22, which Lambda uses, needs neither option. Extra collector threads gain nothing while all cores are busy. The worker collects garbage itself.
 */
const HEAP_OPTIONS = ['--no-incremental-marking', '--single-threaded-gc', '--expose-gc'];

/** One process that runs the function, one invocation at a time, like a Lambda execution environment. */
export class LambdaProcess {
  readonly #child: ChildProcess;
  readonly #timeoutMilliseconds: number;
  #state: 'alive' | 'ending' | 'gone' = 'alive';
  #current: { readonly requestId: string; readonly settle: (answer: InvocationAnswer) => void } | undefined;
  #timedOut = false;
  #settleLoading: (problem: FunctionError | undefined) => void = () => {};
  #settleExit: () => void = () => {};
  readonly #exited = new Promise<void>((resolve) => {
    this.#settleExit = resolve;
  });
  /** Resolves to undefined once the bundle is loaded, or to the reason why it cannot be. */
  readonly loaded = new Promise<FunctionError | undefined>((resolve) => {
    this.#settleLoading = resolve;
  });

  constructor(
    bundle: string,
    { environment, timeoutMilliseconds }: FunctionConfiguration,
    onLog: (line: string) => void,
    execPath = process.execPath,
  ) {
    this.#timeoutMilliseconds = timeoutMilliseconds;
    this.#child = fork(WORKER, [bundle], {
      execPath,
      env: { ...environment, ...Object.fromEntries(INHERITED.map((name) => [name, process.env[name]])) },
      // Not the parent's own options, such as a TypeScript loader.
      execArgv: HEAP_OPTIONS,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', onLog);
    }
    this.#child.on('message', (message) => this.#receive(message));
    // `close`, not `exit`, because it waits for the last log lines.
    this.#child.once('close', (code, signal) => this.#end(signal === null ? `exit status ${code}` : `signal: ${signal}`));
    this.#child.once('error', (error) => this.#end(error.message));
  }

  /** Whether it can run another invocation, now or after the current one. */
  get usable(): boolean {
    return this.#state === 'alive';
  }

  /** The current request. */
  get requestId(): string | undefined {
    return this.#current?.requestId;
  }

  /** Runs one invocation once the bundle is loaded. Kills the process at the timeout, because nothing else stops code that does not yield. */
  async invoke(event: unknown, requestId: string): Promise<InvocationAnswer> {
    const settled = new Promise<InvocationAnswer>((settle) => {
      this.#current = { requestId, settle };
    });
    let timer: NodeJS.Timeout | undefined;
    try {
      const problem = await this.loaded;
      if (problem !== undefined) return { status: 'failed', error: problem };
      if (this.#state === 'gone') return { status: 'failed', error: exitError(requestId, 'the process is gone') };
      timer = setTimeout(() => this.#timeOut(), this.#timeoutMilliseconds);
      // A process that is just dying cannot receive a message; its exit settles the invocation.
      this.#child.send({ event, requestId, deadline: Date.now() + this.#timeoutMilliseconds }, () => {});
      return await settled;
    } finally {
      clearTimeout(timer);
      this.#current = undefined;
    }
  }

  /** Kills the process like a crash. Resolves when it has exited. */
  async kill(): Promise<void> {
    if (this.#state === 'alive') this.#state = 'ending';
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #timeOut(): void {
    this.#timedOut = true;
    void this.kill();
  }

  #receive(received: unknown): void {
    const message = workerMessageSchema.parse(received);
    if (message.status === 'ready') this.#settleLoading(undefined);
    else if (message.status === 'unusable') this.#settleLoading(message.error);
    else this.#current?.settle(message);
  }

  #end(ending: string): void {
    this.#state = 'gone';
    const requestId = this.#current?.requestId ?? 'init';
    const error = this.#timedOut ? timeoutError(requestId, this.#timeoutMilliseconds) : exitError(requestId, ending);
    this.#settleLoading(error);
    this.#current?.settle({ status: 'failed', error });
    this.#settleExit();
  }
}
