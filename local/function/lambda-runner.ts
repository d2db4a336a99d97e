import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { FunctionConfiguration } from './function-configuration.ts';
import { type DeadLetter, deadLetter, type FunctionError, type InvocationAnswer } from './invocation.ts';
import { LambdaProcess } from './lambda-process.ts';

export interface LambdaRunnerOptions {
  /** Path of the module that exports `handler`. */
  readonly bundle: string;
  readonly configuration: FunctionConfiguration;
  /** Path of the Node that runs the function. Default: the one that runs this. */
  readonly execPath?: string | undefined;
  /** Invocations at once, each in a process of its own. Default: as many as there are cores, at most 4. */
  readonly workers?: number | undefined;
  /** Waits before the retries of an asynchronous invocation; Lambda waits 1 and 2 minutes. Default: 0.2 and 0.4 seconds. */
  readonly retryDelaysMilliseconds?: readonly number[] | undefined;
  /** Gets what an event became that failed for the last time. */
  readonly onDeadLetter: (letter: DeadLetter) => Promise<void>;
  /** Gets every line that the function logs. Default: they are dropped. */
  readonly onLog?: ((line: string) => void) | undefined;
}

/** How an asynchronous invocation ended. */
export interface Delivery {
  /** Of the last attempt. */
  readonly answer: InvocationAnswer;
  readonly attempts: number;
}

/** The function cannot start: its bundle or its environment is not usable. */
class FunctionStartError extends Error {
  readonly code = 'FUNCTION_NOT_USABLE';
  override readonly name = 'FunctionStartError';
  constructor({ errorType, errorMessage }: FunctionError) {
    super(`The function does not start. ${errorType}: ${errorMessage}`);
  }
}

/** The runner was closed before an event was dealt with. */
class RunnerClosedError extends Error {
  readonly code = 'RUNNER_CLOSED';
  override readonly name = 'RunnerClosedError';
  constructor() {
    super('The local function was stopped before this event was dealt with.');
  }
}

/** Runs the function as Lambda does: a few processes, timeouts, retries, dead letters. */
export class LambdaRunner {
  readonly #options: LambdaRunnerOptions;
  readonly #onLog: (line: string) => void;
  readonly #workers = new Set<LambdaProcess>();
  readonly #waiting: (() => void)[] = [];
  readonly #closing = new AbortController();
  #freeTurns: number;

  private constructor(options: LambdaRunnerOptions) {
    this.#options = options;
    this.#onLog = options.onLog ?? (() => {});
    this.#freeTurns = options.workers ?? Math.min(availableParallelism(), 4);
  }

  /**
   * Starts a runner with its first process; the others start when they are needed.
   * @throws {FunctionStartError} when the function cannot be loaded
   */
  static async start(options: LambdaRunnerOptions): Promise<LambdaRunner> {
    const runner = new LambdaRunner(options);
    const problem = await runner.#startWorker().loaded;
    if (problem === undefined) return runner;
    await runner.close();
    throw new FunctionStartError(problem);
  }

  /** Invokes synchronously: one attempt, whose answer or error is handed back. */
  async invoke(event: unknown, requestId: string = randomUUID()): Promise<InvocationAnswer> {
    await this.#takeTurn();
    try {
      this.#refuseWhenClosed();
      const worker = this.#idleWorker() ?? this.#startWorker();
      const answer = await worker.invoke(event, requestId);
      this.#refuseWhenClosed();
      return answer;
    } finally {
      this.#passTurn();
    }
  }

  /** Invokes asynchronously, as S3 does: retries under the same request id, then the dead letter. */
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

  /** Kills the process that works on a request, as a crash would; false when none does. */
  async kill(requestId: string): Promise<boolean> {
    const worker = [...this.#workers].find((candidate) => candidate.requestId === requestId);
    await worker?.kill();
    return worker !== undefined;
  }

  /** Kills every process. What was being worked on, or waited for, ends with a `RunnerClosedError`. */
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

  async #takeTurn(): Promise<void> {
    if (this.#freeTurns > 0) this.#freeTurns--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the turn to whoever waited longest. */
  #passTurn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#freeTurns++;
    else next();
  }
}
