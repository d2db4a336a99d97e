import { createHash } from 'node:crypto';
import { RECONCILED } from '../../lambda-src/events/s3-event.ts';
import type { S3Record } from '../in-memory/pipeline.ts';
import { announcedIn, countedIn } from './announced.ts';
import { History } from './history.ts';
import { LiveInvocation, Log } from './invocation.ts';
import { afterFault, afterLoss, afterRestore, afterStall } from './memory.ts';
import { committed, NOTHING_YET } from './observation.ts';
import { PossibleActions } from './possible-actions.ts';
import { ReferenceModel, type Violation } from './reference-model.ts';
import { ATTEMPTS, actorOf, ended, endOf, howOf, nameOf, namesOf, outcomeOf } from './running.ts';
import { copiesOf, type Scenario } from './scenario.ts';
import { LEASE_SECONDS, MemoryStage, type Mutant, type Stage } from './stage.ts';
import { type Action, type Delivery, nameIn, type Running, type State } from './state.ts';

/** Longer than a lease and a reservation, shorter than the time for which a 404 is not trusted. */
const STALL_MILLISECONDS = 91_000;
/** Between a dead letter and its redrive, and before a restore: longer than any claim of the backup, and longer than S3 may answer with a false 404. */
const REDRIVE_MILLISECONDS = 16 * 60_000;
const INITIALS = { backfill: 'b', reconciliation: 'c' } as const;
/** The request of the reconciliation after a restore. */
const RESTORED = 'c0';
const MOST_REDRIVES = 6;

export interface Transition {
  readonly state: State;
  readonly violations: readonly Violation[];
  readonly sentence: string;
}

type CallAction = Extract<Action, { kind: 'call' }>;
type StartAction = Extract<Action, { kind: 'start' }>;

/** Runs the real handler for one scenario: from a state and an action to the next state. */
export class World {
  readonly scenario: Scenario;
  readonly history: History;
  readonly model: ReferenceModel;
  readonly #possible: PossibleActions;
  readonly #stage: Stage;
  readonly #mutant: Mutant;
  readonly #records: S3Record[] = [];
  readonly #last = new Map<string, { readonly log: Log; readonly live: LiveInvocation }>();

  constructor(scenario: Scenario, mutant: Mutant = {}, stage: Stage = new MemoryStage(scenario, mutant)) {
    this.scenario = scenario;
    this.#mutant = mutant;
    this.#stage = stage;
    this.history = new History(scenario.mutations);
    this.#possible = new PossibleActions(scenario, this.history, stage.clock);
    const { deletePropagation } = scenario;
    const { announces } = stage.parts.dependencies;
    this.model = new ReferenceModel(this.history, {
      deletePropagation,
      announces,
      leaseMilliseconds: LEASE_SECONDS * 1000,
      marksFailures: scenario.marksFailures ?? false,
    });
  }

  initial(): State {
    return {
      ...{ done: 0, clock: this.#stage.clock, stores: MemoryStage.empty(), seen: { renditions: {}, tagged: [], copies: [] } },
      ...{ waiting: [], running: [], dead: [], redrives: 0, faultsLeft: this.scenario.faultCount, memory: NOTHING_YET },
      isRestored: false,
    };
  }

  /** Distinguishes states: two with one digest have the same future. */
  digest({ stores, seen: _held, running, backup, ...rest }: State): string {
    const runs = running.map(({ log, calls: _implied, ...run }) => [log.digest, run]);
    return createHash('md5')
      .update(this.#stage.digest(stores))
      .update(backup === undefined ? '' : this.#stage.digest(backup))
      .update(JSON.stringify([runs, rest]))
      .digest('base64');
  }

  isQuiet(state: State): boolean {
    return this.#isAtRest(state) && (this.scenario.restoredFrom === undefined || state.isRestored);
  }

  #isAtRest({ done, waiting, running, dead }: State): boolean {
    return done === this.history.mutations.length && waiting.length === 0 && running.length === 0 && dead.length === 0;
  }

  end({ memory, seen }: State): readonly Violation[] {
    return this.model.end(memory, seen);
  }

  /** Everything that can happen next, but of things that cannot influence each other only one order. */
  actions(state: State): Action[] {
    if (this.#isAtRest(state) && !this.isQuiet(state)) return [{ kind: 'restore' }];
    return this.#possible.from(state);
  }

  async apply(state: State, action: Action): Promise<Transition> {
    switch (action.kind) {
      case 'mutate':
        return this.#mutate(state);
      case 'start':
        return this.#start(state, action);
      case 'call':
        return this.#call(state, action);
      case 'stall':
        return this.#stall(state);
      case 'redrive':
        return this.#redrive(state);
      case 'restore':
        return this.#restore(state);
    }
  }

  async #mutate(state: State): Promise<Transition> {
    const done = state.done + 1;
    this.#records[done - 1] ??= await this.#stage.mutate(done);
    const { sameRequest, restoredFrom } = this.scenario;
    const told = Array.from({ length: copiesOf(this.scenario, done) }, (_, copy): Delivery => {
      return { mutation: done, origin: 'event', request: sameRequest || copy === 0 ? `e${done}` : `e${done}.${copy}`, copy, attempt: 1 };
    });
    const asked = (['backfill', 'reconciliation'] as const)
      .filter((origin) => this.scenario[`${origin}s`].includes(done))
      .map((origin): Delivery => ({ mutation: done, origin, request: `${INITIALS[origin]}${done}`, copy: 0, attempt: 1 }));
    return {
      state: {
        ...state,
        done,
        backup: state.done === restoredFrom ? state.stores : state.backup,
        waiting: [...state.waiting, ...told, ...asked],
      },
      violations: [],
      sentence: this.history.describe(done),
    };
  }

  async #start(before: State, { delivery: index, mutates, fault }: StartAction): Promise<Transition> {
    const mutated = mutates === true ? await this.#mutate(before) : undefined;
    const state = mutated?.state ?? before;
    const prelude = mutated === undefined ? '' : `${mutated.sentence}; `;
    const delivery = state.waiting[index];
    if (delivery === undefined) throw new Error('nothing is waiting');
    const started = this.#begin(state, delivery);
    const waiting = state.waiting.filter((_, other) => other !== index);
    const begun = { ...state, waiting, running: [...state.running, started] };
    const last = state.running.length;
    if (fault === 'dieFirst') {
      const next = ended({ ...begun, faultsLeft: state.faultsLeft - 1 }, last, started, false);
      return { state: next, violations: [], sentence: `${prelude}${nameOf(started)} begins and dies` };
    }
    const live = await this.#live(started);
    if (live.ended !== undefined) {
      const outcome = outcomeOf(live.ended);
      const next = ended(begun, last, started, outcome !== undefined);
      return { state: next, violations: [], sentence: `${prelude}${nameOf(started)} begins and ends: ${outcome ?? 'a fault'}` };
    }
    const called = await this.#call(begun, { kind: 'call', running: last, call: live.calls[0]?.id ?? 0, fault }, live);
    return { ...called, sentence: `${prelude}${called.sentence}` };
  }

  #begin({ seen: { record }, clock, done }: State, delivery: Delivery): Running {
    const isSettled = record?.mutation === delivery.mutation && !record.owes;
    const isOlder = (record?.mutation ?? 0) > delivery.mutation;
    const isKnown = delivery.origin === 'event' ? isOlder || isSettled : this.#isDescribed(record, done);
    const noNews = delivery.origin !== 'backfill' && record !== undefined && record.status !== 'processing' && isKnown;
    const run = this.#mutant.run?.(delivery.request) ?? nameIn(delivery);
    return {
      delivery,
      run,
      startedAt: clock,
      since: done,
      noNews,
      committed: [],
      published: [],
      blind: false,
      removals: 0,
      lostCommit: false,
      log: Log.EMPTY,
      calls: [],
    };
  }

  /** Whether the record describes what is current, so that a reconciliation has nothing to do. */
  #isDescribed(record: State['seen']['record'], done: number): boolean {
    const current = this.history.current(done);
    return current !== undefined && record?.owes === false && record.effect?.version === current.id;
  }

  async #call(state: State, { running: index, call: id, fault }: CallAction, begun?: LiveInvocation): Promise<Transition> {
    const running = state.running[index];
    if (running === undefined) throw new Error('it does not run');
    const live = begun ?? (await this.#live(running));
    const call = live.calls.find((one) => one.id === id);
    if (call === undefined) throw new Error('the call is not waiting');
    const { clock, done, seen: before } = state;
    const alone = live.calls.length === 1;
    const blind = running.blind || fault === 'false404';
    this.#stage.bring(done, state.stores);
    const value = fault === 'fail' ? undefined : await this.#stage.take(call, blind);
    const { stores, seen: after, published: messages } = await this.#stage.look();
    const published = messages.flatMap(announcedIn);
    const response = { call: id, alone, at: clock, value, fault: fault === 'fail' || fault === 'lose' ? 'injected fault' : undefined };
    if (fault !== 'die') await live.answer(response);
    const end = fault === 'die' ? undefined : live.ended;
    const effect = committed(before, after);
    const acting: Running = {
      ...running,
      ...{ log: running.log.with(response), blind, calls: namesOf(live.calls) },
      lostCommit: running.lostCommit || (fault === 'lose' && effect !== undefined),
      removals: running.removals + (call.method === 'remove' ? 1 : 0),
      committed: effect === undefined ? running.committed : [...running.committed, effect.version ?? ''],
      published: [...running.published, ...published.map(({ version }) => version)],
    };
    this.#last.set(running.run, { log: acting.log, live });
    const outcome = outcomeOf(end);
    const counted = end === undefined ? [] : live.counted.flatMap(countedIn);
    const actor = actorOf(acting);
    const judged = this.model.step(state.memory, { before, after, done, now: clock, actor, published, counted, outcome });
    const afterwards = fault === undefined ? judged.memory : afterFault(judged.memory, actor, after);
    const losesCount = fault === 'die' || (acting.lostCommit && end !== undefined && counted.length === 0);
    const memory = losesCount ? afterLoss(afterwards, actor) : afterwards;
    const base = { ...state, stores, seen: after, memory, faultsLeft: state.faultsLeft - (fault === undefined ? 0 : 1) };
    const isOver = fault === 'die' || end !== undefined;
    const next = isOver
      ? ended(base, index, acting, outcome !== undefined)
      : { ...base, running: base.running.map((one, other) => (other === index ? acting : one)) };
    return {
      state: next,
      violations: judged.violations,
      sentence: `${nameOf(running)} ${call.port}.${call.method}${howOf(fault)}${endOf(end)}`,
    };
  }

  #stall(state: State): Transition {
    const memory = afterStall(state.memory, state.seen);
    const next = { ...state, memory, clock: state.clock + STALL_MILLISECONDS, faultsLeft: state.faultsLeft - 1 };
    return { state: next, violations: [], sentence: 'everything stalls until leases and reservations have run out' };
  }

  #redrive(state: State): Transition {
    const waiting = state.dead.map((delivery) => ({
      ...delivery,
      request: `r${state.redrives}${delivery.request.replace(/^r\d+/, '')}`,
      attempt: ATTEMPTS,
    }));
    const next = { ...state, clock: state.clock + REDRIVE_MILLISECONDS, waiting, dead: [], redrives: state.redrives + 1 };
    const violations: Violation[] =
      state.redrives < MOST_REDRIVES
        ? []
        : [{ guarantee: 'P9', sentence: `an event is still not settled after ${MOST_REDRIVES} redrives` }];
    return { state: next, violations, sentence: 'time passes, and the dead letters are redriven' };
  }

  async #restore({ backup, ...state }: State): Promise<Transition> {
    const { done } = state;
    this.#stage.bring(done, this.#stage.restored(state.stores, backup));
    const { stores, seen } = await this.#stage.look();
    const asked: Delivery = { mutation: done, origin: 'reconciliation', request: RESTORED, copy: 0, attempt: 1 };
    return {
      state: {
        ...state,
        stores,
        seen,
        memory: afterRestore(state.memory),
        isRestored: true,
        clock: state.clock + REDRIVE_MILLISECONDS,
        waiting: [asked],
      },
      violations: [],
      sentence: 'the table is restored from its backup, and a reconciliation asks for the key',
    };
  }

  /** The run where its log ends. The one that was moved last may still be there: that saves going through the log again. */
  async #live({ delivery, run, startedAt, log }: Running): Promise<LiveInvocation> {
    const last = this.#last.get(run);
    this.#last.delete(run);
    if (last?.log === log) return last.live;
    return LiveInvocation.start({ request: delivery.request, run, startedAt, payload: this.#payload(delivery) }, this.#stage.parts, log);
  }

  #payload({ mutation, origin, request, copy }: Delivery): unknown {
    const record = this.#records[mutation - 1];
    if (record === undefined) throw new Error('S3 has not sent its event yet');
    const { object, bucket } = record.s3;
    if (origin === 'reconciliation') {
      return { Records: [{ ...record, eventName: RECONCILED, s3: { bucket, object: { key: object.key } } }] };
    }
    if (origin === 'backfill') {
      const task = { taskId: request, s3Key: object.key, s3BucketArn: `arn:aws:s3:::${bucket.name}`, s3VersionId: object.versionId };
      return { invocationSchemaVersion: '1.0', invocationId: request, job: { id: 'job' }, tasks: [task] };
    }
    // Whatever forwards an event may spell its sequencer in another way.
    const sequencer = copy === 0 ? object.sequencer : `${object.sequencer}00`.toLowerCase();
    const spelled = { ...record, s3: { ...record.s3, object: { ...object, sequencer } } };
    return { Records: [this.#mutant.record?.(spelled) ?? spelled] };
  }
}
