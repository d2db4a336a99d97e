import type { Violation } from './reference-model.ts';
import { type FaultKind, PLAIN, type Scenario } from './scenario.ts';
import { type Action, nameIn, type State } from './state.ts';
import { type Transition, World } from './world.ts';

/**
 * One thing that happens. A run is named by its request, the number of the copy and the attempt, as in `e1/0#2`; it goes on through its
 * next call of the name given, or to its end, and a fault strikes at that call.
 */
export type Step = 'mutate' | 'stall' | 'redrive' | 'restore' | { readonly run: string; readonly to?: string; readonly fault?: FaultKind };

/** A schedule in words: what happens to a key, step by step. What is not in it happens afterwards, without faults, until everything is at rest. */
export interface Story {
  readonly name: string;
  readonly scenario: Pick<Scenario, 'mutations'> & Partial<Scenario>;
  readonly steps: readonly Step[];
  /** What the story needs of S3; one in which anything is deleted needs versions anyway. */
  readonly needs?: 'conditional writes' | 'versions';
  /** What is left. */
  readonly end?: End;
}

/** What can be seen when everything is at rest. */
interface End {
  /** Status and version of the record, such as `processed v2`. */
  readonly record: string;
  /** The version that the renditions are of. */
  readonly renditions: string;
  /** What was announced. */
  readonly messages: readonly string[];
}

export interface RunResult {
  readonly sentences: readonly string[];
  readonly violations: readonly Violation[];
  readonly end: End;
}

export function scenarioOf({ scenario }: Pick<Story, 'scenario'>): Scenario {
  // A story counts its faults itself.
  return { ...PLAIN, concurrency: 9, faultCount: 99, ...scenario };
}

/** Lets a story happen, and everything that it leaves open. */
export async function runStory(
  { scenario, steps }: Pick<Story, 'scenario' | 'steps'>,
  world = new World(scenarioOf({ scenario })),
): Promise<RunResult> {
  const runner = new StoryRunner(world);
  for (const step of steps) await runner.take(step);
  return runner.finish();
}

class StoryRunner {
  readonly #world: World;
  readonly #sentences: string[] = [];
  readonly #violations: Violation[] = [];
  #state: State;

  constructor(world: World) {
    this.#world = world;
    this.#state = world.initial();
  }

  async take(step: Step): Promise<void> {
    if (typeof step === 'string') return this.#apply({ kind: step });
    const { run, to, fault } = step;
    if (!this.#isRunning(run)) {
      const isFirst = fault === 'dieFirst' || (to !== undefined && to === firstCallOf(run));
      await this.#start(run, isFirst ? fault : undefined);
      if (isFirst) return;
    }
    while (this.#isRunning(run)) {
      const running = this.#state.running.findIndex(({ delivery }) => nameIn(delivery) === run);
      const calls = this.#state.running[running]?.calls ?? [];
      const wanted = calls.find(({ name }) => name === to);
      const call = (wanted ?? calls[0])?.id ?? 0;
      await this.#apply({ kind: 'call', running, call, fault: wanted === undefined ? undefined : fault });
      if (wanted !== undefined) return;
    }
    if (to !== undefined) throw new Error(`${run} ended and never called ${to}:\n${this.#sentences.join('\n')}`);
  }

  async finish(): Promise<RunResult> {
    while (!this.#world.isQuiet(this.#state)) {
      const next = this.#world
        .actions(this.#state)
        .find((action) => !('fault' in action && action.fault !== undefined) && action.kind !== 'stall');
      if (next === undefined) throw new Error('nothing can happen any more');
      await this.#apply(next);
    }
    return { sentences: this.#sentences, violations: [...this.#violations, ...this.#world.end(this.#state)], end: endOf(this.#state) };
  }

  async #start(run: string, fault: FaultKind | undefined): Promise<void> {
    const delivery = this.#state.waiting.findIndex((waiting) => nameIn(waiting) === run);
    if (delivery < 0) throw new Error(`${run} is not waiting:\n${this.#sentences.join('\n')}`);
    await this.#apply({ kind: 'start', delivery, fault });
  }

  #isRunning(run: string): boolean {
    return this.#state.running.some(({ delivery }) => nameIn(delivery) === run);
  }

  async #apply(action: Action): Promise<void> {
    const { state, violations, sentence }: Transition = await this.#world.apply(this.#state, action);
    this.#state = state;
    this.#sentences.push(sentence);
    this.#violations.push(...violations);
  }
}

function firstCallOf(run: string): string {
  return /^(r\d+)?[bc]/.test(run) ? 'originals.head' : 'ledger.claim';
}

function endOf({ seen: { record, renditions }, memory }: State): End {
  const tops = new Set(Object.values(renditions).map((versions) => versions.at(-1)?.version ?? 'none'));
  const messages = Object.values(memory.tallies).flatMap(({ status, version, announced }) =>
    Array.from({ length: announced }, () => `${status} ${version}`),
  );
  return {
    record: record === undefined ? 'none' : [record.status, ...(record.effect === undefined ? [] : [record.effect.version])].join(' '),
    renditions: [...tops].join(' and ') || 'none',
    messages: messages.sort(),
  };
}

/** The steps that a list of actions takes, and what each did. */
export async function retell(actions: readonly Action[], world: World): Promise<{ steps: Step[]; sentences: string[] }> {
  let state = world.initial();
  const steps: Step[] = [];
  const sentences: string[] = [];
  for (const action of actions) {
    const { state: next, sentence } = await world.apply(state, action);
    sentences.push(sentence);
    if (action.kind !== 'start' && action.kind !== 'call') steps.push(action.kind);
    if (action.kind === 'start') {
      if (action.mutates === true) steps.push('mutate');
      const delivery = state.waiting[action.delivery] ?? next.running.at(-1)?.delivery;
      const run = delivery === undefined ? `e${next.done}/0#1` : nameIn(delivery);
      steps.push({ run, to: firstCallOf(run), ...(action.fault && { fault: action.fault }) });
    }
    if (action.kind === 'call') {
      const running = state.running[action.running];
      const to = running?.calls.find(({ id }) => id === action.call)?.name;
      if (running !== undefined && to !== undefined)
        steps.push({ run: nameIn(running.delivery), to, ...(action.fault && { fault: action.fault }) });
    }
    state = next;
  }
  return { steps: shortened(steps), sentences };
}

/** Joins the steps of one run up to a call that it makes only once. */
function shortened(steps: readonly Step[]): Step[] {
  const short: Step[] = [];
  let names: (string | undefined)[] = [];
  for (const step of steps) {
    const last = short.at(-1);
    const goesOn =
      typeof step === 'object' && typeof last === 'object' && last.run === step.run && last.fault === undefined && !names.includes(step.to);
    if (goesOn) short.pop();
    else names = [];
    if (typeof step === 'object') names.push(step.to);
    short.push(step);
  }
  return short;
}
