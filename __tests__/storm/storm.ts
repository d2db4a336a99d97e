import fc from 'fast-check';
import { History, type Mutation, possibleNext } from '../explorer/history.ts';
import type { Violation } from '../explorer/reference-model.ts';
import { FAULTS, type Scenario } from '../explorer/scenario.ts';
import type { Trail } from '../explorer/search.ts';
import type { Mutant } from '../explorer/stage.ts';
import type { Action, State } from '../explorer/state.ts';
import { retell } from '../explorer/story.ts';
import { World } from '../explorer/world.ts';

export interface StormReport {
  readonly schedules: number;
  readonly seed: number;
  /** What was broken, and how; undefined when nothing was. */
  readonly violation?: Trail;
}

const tape = fc.noBias(fc.array(fc.nat({ max: 65_535 }), { minLength: 20, maxLength: 400, size: 'max' }));
const MOST_STEPS = 20_000;

/**
 * Random schedules that are too large to explore: long histories of one key, events delivered several times, many invocations at once, several
 * faults. They are judged by the reference model at every step.
 */
export async function storm(options: { schedules: number; seed: number; mutant?: Mutant | undefined }): Promise<StormReport> {
  const { schedules, seed, mutant } = options;
  let violation: Trail | undefined;
  const details = await fc.check(
    fc.asyncProperty(tape, async (choices) => {
      violation = await violationOf(new Chance(choices), mutant);
      return violation === undefined;
    }),
    { numRuns: schedules, seed, endOnFailure: true },
  );
  if (details.failed && violation === undefined) throw details.errorInstance;
  return { schedules: details.numRuns, seed, ...(violation && { violation }) };
}

async function violationOf(chance: Chance, mutant: Mutant | undefined): Promise<Trail | undefined> {
  const scenario = someScenario(chance);
  const world = new World(scenario, mutant);
  const actions: Action[] = [];
  let state = world.initial();
  let found: readonly Violation[] = [];
  while (found.length === 0 && !world.isQuiet(state)) {
    const action = next(chance, world, state, actions.at(-1));
    actions.push(action);
    const { state: after, violations } = await world.apply(state, action);
    state = after;
    found = actions.length < MOST_STEPS ? violations : [{ guarantee: 'P9', sentence: 'the schedule never comes to rest' }];
  }
  if (found.length === 0) found = world.end(state);
  if (found.length === 0) return undefined;
  return { violations: found, scenario, ...(await retell(actions, new World(scenario, mutant))) };
}

function someScenario(chance: Chance): Scenario {
  const mutations: Mutation[] = [];
  const length = 1 + chance.below(6);
  while (mutations.length < length) mutations.push(chance.pick(possibleNext(new History(mutations))) ?? { kind: 'put', content: 'cat' });
  const backfills = chance.below(4) === 0;
  const reconciliations = chance.below(4) === 0;
  const restores = chance.below(8) === 0;
  return {
    mutations,
    deliveries: mutations.map(({ kind }, index) => {
      // The event of the last mutation may be lost if a reconciliation follows it, but only that of an upload if the table is restored.
      const mayBeLost = restores ? kind === 'put' : reconciliations;
      if (mayBeLost && chance.below(3) === 0) return index === length - 1 ? 0 : chance.below(2);
      return 1 + (chance.below(3) === 0 ? 1 + chance.below(2) : 0);
    }),
    sameRequest: chance.below(2) === 0,
    backfills: backfills ? mutations.flatMap((_, index) => (chance.below(3) === 0 ? [index + 1] : [])) : [],
    reconciliations: reconciliations
      ? mutations.flatMap((_, index) => (index === length - 1 || chance.below(3) === 0 ? [index + 1] : []))
      : [],
    ...(restores && { restoredFrom: chance.below(length) }),
    concurrency: 1 + chance.below(4),
    faults: FAULTS,
    faultCount: chance.below(5),
    deletePropagation: chance.below(4) > 0,
    publish: chance.pick([['processed', 'failed'], ['failed'], ['report']] as const)?.slice() ?? ['processed'],
    renditions: chance.below(3) === 0 ? 2 : 1,
    manifest: chance.below(3) === 0,
    marksFailures: chance.below(3) === 0,
  };
}

/** Mostly the same invocation goes on for a while: only then does one overtake another between two of its calls. */
function next(chance: Chance, world: World, state: State, last: Action | undefined): Action {
  const all = world.actions(state);
  const harmless = all.filter((action) => action.kind !== 'stall' && !('fault' in action && action.fault !== undefined));
  const harmful = all.filter((action) => !harmless.includes(action));
  if (harmful.length > 0 && chance.below(12) === 0) return chance.pick(harmful) ?? { kind: 'redrive' };
  const running = last?.kind === 'call' ? last.running : state.running.length - 1;
  const same = harmless.filter((action) => action.kind === 'call' && action.running === running);
  const chosen = same.length > 0 && chance.below(4) > 0 ? chance.pick(same) : chance.pick(harmless);
  if (chosen === undefined) throw new Error('nothing can happen any more');
  return chosen;
}

/**
 * Every choice of a schedule is read from a tape of numbers that fast-check makes and shrinks; when the tape has run out, the
 * rest of the schedule is calm: the oldest thing happens first and nothing fails.
 */
class Chance {
  readonly #tape: readonly number[];
  #position = 0;

  constructor(tape: readonly number[]) {
    this.#tape = tape;
  }

  get calm(): boolean {
    return this.#position >= this.#tape.length;
  }

  /** A whole number below `bound`; 0 when calm. */
  below(bound: number): number {
    const value = this.#tape[this.#position] ?? 0;
    this.#position += 1;
    return value % bound;
  }

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items.length === 0 ? undefined : items[this.below(items.length)];
  }
}
