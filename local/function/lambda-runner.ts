import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Gate } from '../gate.ts';
import type { FunctionConfiguration } from './function-configuration.ts';
import { type DeadLetter, deadLetter, type FunctionError, type InvocationAnswer } from './invocation.ts';
import { LambdaProcess } from './lambda-process.ts';

/** Processes of the function if no number is given. */
export const DEFAULT_WORKERS = Math.min(availableParallelism(), 4);

export interface LambdaRunnerOptions {
  /** Path of the module that exports `handler`. */
  readonly bundle: string;
  readonly configuration: FunctionConfiguration;
  /** Path of the Node that runs the function. Default: the current one. */
  readonly execPath?: string | undefined;
  /** Concurrent invocations, each in its own process. Default: the number of cores, at most 4. */
  readonly workers?: number | undefined;
  /** Delays before the retries of an asynchronous invocation; Lambda's are 1 and 2 minutes. Default: 0.2 and 0.4 seconds. */
  readonly retryDelaysMilliseconds?: readonly number[] | undefined;
  /** Called for an event that failed after all retries. */
  readonly onDeadLetter: (letter: DeadLetter) => Promise<void>;
  /** Called for every line that the function logs. Default: lines are dropped. */
  readonly onLog?: ((line: string) => void) | undefined;
}

/** The outcome of an asynchronous invocation. */
export interface Delivery {
  /** Outcome of the last attempt. */
  readonly answer: InvocationAnswer;
  readonly attempts: number;
}

/** The function cannot start because of its bundle or its environment. */
class FunctionStartError extends Error {
  readonly code = 'FUNCTION_NOT_USABLE';
  override readonly name = 'FunctionStartError';
  constructor({ errorType, errorMessage }: FunctionError) {
    super(`The function does not start. ${errorType}: ${errorMessage}`);
  }
}

/** The runner was closed before an event was processed. */
class RunnerClosedError extends Error {
  readonly code = 'RUNNER_CLOSED';
  override readonly name = 'RunnerClosedError';
  constructor() {
    super('The local function was stopped before it processed this event.');
  }
}

/** Runs the function as Lambda does, with several processes, timeouts, retries and dead letters. */
export class LambdaRunner {
  readonly #options: LambdaRunnerOptions;
  readonly #onLog: (line: string) => void;
  readonly #workers = new Set<LambdaProcess>();
  readonly #gate: Gate;
  readonly #closing = new AbortController();

  private constructor(options: LambdaRunnerOptions) {
    this.#options = options;
    this.#onLog = options.onLog ?? (() => {});
    this.#gate = new Gate(options.workers ?? DEFAULT_WORKERS);
  }

  /**
   * Starts a runner with its first process; others start on demand.
   * @throws {FunctionStartError} if the function cannot be loaded
   */
  static async start(options: LambdaRunnerOptions): Promise<LambdaRunner> {
    const runner = new LambdaRunner(options);
    const problem = await runner.#startWorker().loaded;
    if (problem === undefined) return runner;
    await runner.close();
    throw new FunctionStartError(problem);
  }

  /** Invokes the function once, synchronously, and returns its response or error. */
  invoke(event: unknown, requestId: string = randomUUID()): Promise<InvocationAnswer> {
    return this.#gate.pass(1, async () => {
      this.#refuseWhenClosed();
      const worker = this.#idleWorker() ?? this.#startWorker();
      const answer = await worker.invoke(event, requestId);
      this.#refuseWhenClosed();
      return answer;
    });
  }

  /** Invokes asynchronously, as S3 does: retries with the same request id, then the dead letter. */
  async deliver(event: unknown, requestId: string = randomUUID()): Promise<Delivery> {
    const { retryDelaysMilliseconds = [200, 400], onDeadLetter, configuration } = this.#options;
    for (let attempts = 1; ; attempts++) {
      const answer = await this.invoke(event, requestId);
      if (answer.status === 'answered') return { answer, attempts };
      const wait = retryDelaysMilliseconds[attempts - 1];
      if (wait === undefined) {
        await onDeadLetter(deadLetter({ functionArn: configuration.arn, requestId, event, attempts, error: answer.error }));
        return { answer, attempts };
      }
      await delay(wait, undefined, { signal: this.#closing.signal }).catch(() => this.#refuseWhenClosed());
    }
  }

  /** Kills the process that is working on a request, like a crash. Returns false if there is none. */
  async kill(requestId: string): Promise<boolean> {
    const worker = [...this.#workers].find((candidate) => candidate.requestId === requestId);
    await worker?.kill();
    return worker !== undefined;
  }

  /** Kills every process. Invocations that are running or waiting end with a `RunnerClosedError`. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#workers].map((worker) => worker.kill()));
  }

  #refuseWhenClosed(): void {
    if (this.#closing.signal.aborted) throw new RunnerClosedError();
  }

  #startWorker(): LambdaProcess {
    const { bundle, configuration, execPath } = this.#options;
    const worker = new LambdaProcess(bundle, configuration, this.#onLog, execPath);
    this.#workers.add(worker);
    return worker;
  }

  #idleWorker(): LambdaProcess | undefined {
    for (const worker of this.#workers) if (!worker.usable) this.#workers.delete(worker);
    return [...this.#workers].find((worker) => worker.requestId === undefined);
  }
}
