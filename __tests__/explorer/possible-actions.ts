import type { History } from './history.ts';
import { type FaultKind, isHeardOf, type Scenario } from './scenario.ts';
import type { Action, Delivery, State } from './state.ts';

/** For this long after an upload S3 may answer that it is not there. */
const FALSE_404_MILLISECONDS = 15 * 60_000;

/** What can happen next, in any state of a scenario. */
export class PossibleActions {
  readonly #scenario: Scenario;
  readonly #history: History;
  readonly #startsAt: number;

  /** @param startsAt epoch milliseconds */
  constructor(scenario: Scenario, history: History, startsAt: number) {
    this.#scenario = scenario;
    this.#history = history;
    this.#startsAt = startsAt;
  }

  /** Everything that can happen next, but of things that cannot influence each other only one order. */
  from(state: State): Action[] {
    const { running, waiting, done, dead } = state;
    const independent = running.findIndex(({ calls: [call, ...others] }) => others.length === 0 && this.#isIndependent(call?.name, done));
    if (independent >= 0) return this.#callsOf(state, independent);
    // Where nothing else runs, calls that are made side by side can as well be made in turn.
    if (running.length === 1 && this.#scenario.concurrency === 1) return [...this.#callsOf(state, 0, 1), ...this.#disturbances(state)];
    const actions = running.flatMap((_, index) => this.#callsOf(state, index));
    const hasSlot = running.length < this.#scenario.concurrency;
    if (hasSlot) {
      waiting.forEach((delivery, position) => {
        // Of copies that differ in nothing but their number, the first one starts first.
        const isNext = !waiting.slice(0, position).some((other) => isLike(other, delivery));
        if (isNext) actions.push(...this.#starts(state, { delivery: position }));
      });
    }
    actions.push(...this.#disturbances(state));
    if (actions.length === 0 && dead.length > 0) actions.push({ kind: 'redrive' });
    return actions;
  }

  /** Nothing changes the originals any more, and nothing in the handler asks for what was published. */
  #isIndependent(name: string | undefined, done: number): boolean {
    return name === 'notifier.publish' || (name?.startsWith('originals') === true && done === this.#history.mutations.length);
  }

  /** What happens to the key or to time while invocations run or wait. */
  #disturbances(state: State): Action[] {
    const { running, waiting, done, faultsLeft } = state;
    const actions: Action[] = [];
    if (done < this.#history.mutations.length) {
      // A mutation matters to those that look at the originals, and to the deliveries that follow it.
      const isSeen = running.length === 0 || running.some(({ calls }) => calls.some(({ name }) => name.startsWith('originals')));
      const hasSlot = running.length < this.#scenario.concurrency;
      if (isSeen) actions.push({ kind: 'mutate' });
      else if (hasSlot && isHeardOf(this.#scenario, done + 1))
        actions.push(...this.#starts(state, { delivery: waiting.length, mutates: true }));
    }
    if (faultsLeft > 0 && this.#scenario.faults.includes('stall') && running.length > 0) actions.push({ kind: 'stall' });
    return actions;
  }

  #callsOf(state: State, index: number, most?: number): Action[] {
    return (state.running[index]?.calls ?? [])
      .slice(0, most)
      .flatMap(({ id, name }) =>
        [undefined, ...this.#faults(state, name, state.running[index]?.delivery)].map(
          (fault): Action => ({ kind: 'call', running: index, call: id, fault }),
        ),
      );
  }

  #starts(state: State, start: { delivery: number; mutates?: boolean }): Action[] {
    return [undefined, ...this.#faults(state, FIRST_CALL)].map((fault): Action => ({ kind: 'start', ...start, fault }));
  }

  #faults({ faultsLeft, clock }: State, name: string, delivery?: Delivery): FaultKind[] {
    if (faultsLeft === 0) return [];
    const isRecent = clock - this.#startsAt < FALSE_404_MILLISECONDS;
    // A removal is evidence of its own that nothing may be there: the specification lets it believe a 404.
    const isUpload = delivery?.origin === 'event' && this.#history.mutations[delivery.mutation - 1]?.kind === 'put';
    return this.#scenario.faults.filter((fault) => canMeet(name, fault) && (fault !== 'false404' || (isRecent && isUpload)));
  }
}

/** What an invocation calls first: the claim, or what a backfill looks at. */
const FIRST_CALL = 'first call';
const READS = ['originals.head', 'originals.read', 'renditions.head', 'ledger.read'];

function canMeet(name: string, fault: FaultKind): boolean {
  switch (fault) {
    case 'dieFirst':
      return name === FIRST_CALL;
    case 'false404':
      return name.startsWith('originals');
    case 'lose':
      return !READS.includes(name);
    default:
      return fault !== 'stall';
  }
}

function isLike(one: Delivery, other: Delivery): boolean {
  return (
    one.mutation === other.mutation && one.origin === other.origin && one.attempt === other.attempt && one.request[0] === other.request[0]
  );
}
