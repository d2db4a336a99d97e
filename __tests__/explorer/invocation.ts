import { createHash } from 'node:crypto';
import type { Outcome } from '../../lambda-src/contract/outcome.ts';
import { type HandlerParts, handleEvent } from '../../lambda-src/handle-event.ts';

/** The ports whose calls a schedule decides about. */
export type PortName = 'originals' | 'failedOriginals' | 'renditions' | 'ledger' | 'notifier';

export interface Call {
  readonly id: number;
  readonly port: PortName;
  readonly method: string;
  readonly parameters: readonly unknown[];
}

/** What an invocation was answered, when. */
export interface Response {
  readonly call: number;
  /** Whether the invocation waited for nothing else. */
  readonly alone: boolean;
  readonly at: number;
  readonly value?: unknown;
  /** Set if the call failed. */
  readonly fault?: string | undefined;
}

/** The responses that an invocation has received so far; its next call depends on nothing else. */
export class Log {
  static readonly EMPTY = new Log([], undefined);
  readonly responses: readonly Response[];
  readonly #before: Log | undefined;
  #digest: string | undefined;

  private constructor(responses: readonly Response[], before: Log | undefined) {
    this.responses = responses;
    this.#before = before;
  }

  with(response: Response): Log {
    return new Log([...this.responses, response], this);
  }

  /** Distinguishes one log from another. */
  get digest(): string {
    this.#digest ??= this.#before === undefined ? '' : md5(this.#before.digest + JSON.stringify(this.responses.at(-1), withTexts));
    return this.#digest;
  }
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('base64');
}

function withTexts(_name: string, value: unknown): unknown {
  const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;
  return isBuffer ? String(value.data) : value;
}

interface Identity {
  readonly request: string;
  readonly run: string;
  readonly startedAt: number;
  readonly payload: unknown;
}

/**
 * One run of the handler that stops at every call to a port until it is answered. A run is a function of its answers, so it can be brought
 * back to where it was by giving them again.
 */
export class LiveInvocation {
  readonly #waiting = new Map<
    number,
    { readonly call: Call; readonly answer: (value: unknown) => void; readonly fail: (error: Error) => void }
  >();
  readonly #log: readonly Response[];
  #replayed = 0;
  #calls = 0;
  #clock: number;
  #counted: Outcome[] = [];
  /** Set when the run has ended. */
  ended: { readonly outcome: string; readonly inProgress: boolean } | { readonly error: unknown } | undefined;

  private constructor(identity: Identity, parts: HandlerParts, log: Log) {
    this.#log = log.responses;
    this.#clock = identity.startedAt;
    const { dependencies } = parts;
    const guarded = {
      ...dependencies,
      originals: this.#guard('originals', dependencies.originals),
      failedOriginals: dependencies.failedOriginals && this.#guard('failedOriginals', dependencies.failedOriginals),
      renditions: this.#guard('renditions', dependencies.renditions),
      ledger: this.#guard('ledger', dependencies.ledger),
      notifier: this.#guard('notifier', dependencies.notifier),
    };
    const observer = { ...parts.observer, outcome: (outcome: Outcome) => void this.#counted.push(outcome) };
    handleEvent(
      identity.payload,
      { ...parts, dependencies: guarded, observer },
      {
        owner: identity.request,
        run: identity.run,
        now: () => this.#clock,
        remainingMilliseconds: () => 60_000,
        timeoutMilliseconds: 60_000,
      },
    ).then(
      (answer) => {
        this.ended = endOf(answer);
      },
      (error: unknown) => {
        this.ended = { error };
      },
    );
  }

  static async start(identity: Identity, parts: HandlerParts, log = Log.EMPTY): Promise<LiveInvocation> {
    const live = new LiveInvocation(identity, parts, log);
    await settled();
    for (let next = live.#log[live.#replayed]; next !== undefined; next = live.#log[live.#replayed]) {
      live.#replayed += 1;
      await live.answer(next);
    }
    return live;
  }

  get calls(): Call[] {
    return [...this.#waiting.values()].map(({ call }) => call);
  }

  /** Outcomes that were observed; they reach the metrics when the run ends. */
  get counted(): readonly Outcome[] {
    return this.#counted;
  }

  async answer({ call, at, value, fault }: Response): Promise<void> {
    const waiting = this.#waiting.get(call);
    if (waiting === undefined) throw new Error(`no call ${call} is waiting: the handler does not depend on its answers alone`);
    this.#waiting.delete(call);
    this.#clock = at;
    if (fault === undefined) waiting.answer(value);
    else waiting.fail(new Error(fault));
    await settled();
  }

  #guard<Port extends object>(port: PortName, target: Port): Port {
    return new Proxy(target, {
      get: (_target, name) => {
        if (typeof name !== 'string') return undefined;
        return (...parameters: unknown[]) => {
          const id = this.#calls;
          this.#calls += 1;
          const known = this.#log[this.#replayed];
          if (known?.call === id && known.alone) {
            this.#replayed += 1;
            this.#clock = known.at;
            return known.fault === undefined ? Promise.resolve(known.value) : Promise.reject(new Error(known.fault));
          }
          return new Promise((answer, fail) => {
            this.#waiting.set(id, { call: { id, port, method: name, parameters }, answer, fail });
          });
        };
      },
    });
  }
}

function endOf(answer: unknown): LiveInvocation['ended'] {
  if (typeof answer !== 'object' || answer === null) return { error: answer };
  if ('outcomes' in answer) {
    const [outcome] = answer.outcomes as readonly Outcome[];
    return { outcome: outcome?.status ?? '', inProgress: outcome?.status === 'duplicate' && outcome.inProgress };
  }
  if (!('results' in answer)) return { error: answer };
  const [result] = answer.results as readonly { resultCode: string; resultString: string }[];
  if (result?.resultCode === 'TemporaryFailure') return { error: result.resultString };
  return { outcome: result?.resultString ?? '', inProgress: false };
}

/** Lets everything run that does not wait for an answer. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
