import { createHash } from 'node:crypto';
import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { FAILURES, type FailureCode, ImageFailure, type Outcome } from '../../lambda-src/contract/outcome.ts';
import { recipeSchema } from '../../lambda-src/contract/recipe.ts';
import type { Dependencies } from '../../lambda-src/dependencies.ts';
import type { Notification } from '../../lambda-src/ports.ts';
import type { BucketContents } from '../in-memory/buckets.ts';
import type { Stored } from '../in-memory/ledger.ts';
import { MemoryPipeline, type S3Record } from '../in-memory/pipeline.ts';
import { changed } from './changed.ts';
import { History, type Mutation } from './history.ts';
import { type Call, EMPTY_LOG, extend, LiveInvocation, type Log, type PortName } from './invocation.ts';
import { type Actor, committed, type Memory, NOTHING_YET, type Observation, ReferenceModel, type Told, type Violation } from './reference-model.ts';

export const KEY = 'cat.jpg';
const LEASE_SECONDS = 90;
/** Longer than a lease and a reservation, shorter than the time for which a 404 is not trusted. */
const STALL_MILLISECONDS = 91_000;
/** Between a dead letter and its redrive: longer than S3 may answer with a false 404. */
const REDRIVE_MILLISECONDS = 16 * 60_000;
const FALSE_404_MILLISECONDS = 15 * 60_000;
const ATTEMPTS = 3;
const MOST_REDRIVES = 6;

/** What can happen at a call: the run dies before its first call or right after any; the call fails with no effect, or only its answer is lost; S3 does not find what is there. */
export const FAULTS = ['dieFirst', 'die', 'fail', 'lose', 'false404', 'stall'] as const;
export type FaultKind = (typeof FAULTS)[number];

/** The ports as a planted bug may replace them. */
export type Ports = Pick<Dependencies, PortName>;

export interface Scenario {
  readonly mutations: readonly Mutation[];
  readonly deletePropagation: boolean;
  readonly publish: HandlerSettings['publish'];
  readonly renditions: 1 | 2;
  /** How often each event is delivered, and whether the copies carry one request ID. */
  readonly deliveries: readonly number[];
  readonly sameRequest: boolean;
  /** The mutations after which a backfill of the then current version is delivered. */
  readonly backfills: readonly number[];
  /** How many invocations run at once. */
  readonly concurrency: number;
  readonly faults: readonly FaultKind[];
  readonly faultCount: number;
}

export interface Mutant {
  readonly ports?: (ports: Ports) => Ports;
  readonly record?: (record: S3Record) => S3Record;
  readonly dependencies?: Partial<Dependencies>;
  /** What tells one run of a request from another. */
  readonly run?: (request: string) => string;
}

interface Delivery {
  readonly mutation: number;
  readonly origin: 'event' | 'backfill';
  readonly request: string;
  /** Tells deliveries with one request ID apart. */
  readonly copy: number;
  readonly attempt: number;
}

interface Running {
  readonly delivery: Delivery;
  readonly run: string;
  readonly startedAt: number;
  readonly since: number;
  readonly noNews: boolean;
  readonly committed: readonly string[];
  readonly published: readonly string[];
  /** Whether S3 finds nothing for it (a false 404). */
  readonly blind: boolean;
  readonly log: Log;
  readonly calls: readonly { readonly id: number; readonly name: string }[];
}

/** Everything that the future depends on. */
export interface State {
  readonly done: number;
  readonly clock: number;
  readonly renditions: BucketContents;
  readonly ledger: ReadonlyMap<string, Stored>;
  readonly waiting: readonly Delivery[];
  readonly running: readonly Running[];
  readonly dead: readonly Delivery[];
  readonly redrives: number;
  readonly faultsLeft: number;
  readonly memory: Memory;
}

export type Action =
  | { readonly kind: 'mutate' }
  /** An invocation begins and makes its first call. `mutates`: the next mutation happens before, and the delivery is the first of its event. */
  | { readonly kind: 'start'; readonly delivery: number; readonly mutates?: boolean; readonly fault?: FaultKind | undefined }
  /** Time passes while invocations run, longer than any lease or reservation. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'call'; readonly running: number; readonly call: number; readonly fault?: FaultKind | undefined }
  | { readonly kind: 'redrive' };

export interface Transition {
  readonly state: State;
  readonly violations: readonly Violation[];
  readonly sentence: string;
}

const CODES = Object.keys(FAILURES) as FailureCode[];

/** Runs the real handler for one scenario: from a state and an action to the next state. */
export class World {
  readonly scenario: Scenario;
  readonly history: History;
  readonly model: ReferenceModel;
  readonly #mutant: Mutant;
  readonly #pipeline: MemoryPipeline;
  readonly #ports: Ports;
  readonly #records: S3Record[] = [];
  readonly #originals: BucketContents[] = [];
  readonly #numbers = new WeakMap<Buffer, number>();
  readonly #published: Notification[] = [];
  readonly #texts = new WeakMap<object, string>();
  readonly #prefixes: readonly string[];
  readonly #startsAt: number;
  #isBlind = false;

  constructor(scenario: Scenario, mutant: Mutant = {}) {
    this.scenario = scenario;
    this.#mutant = mutant;
    this.history = new History(scenario.mutations);
    const names = ['small', 'large'].slice(0, scenario.renditions);
    this.#prefixes = names.map((name) => `${name}/`);
    const recipe = recipeSchema.parse({ renditions: names.map((name) => ({ name, prefix: `${name}/`, width: 100, height: 100 })) });
    const { publish, deletePropagation } = scenario;
    this.#pipeline = new MemoryPipeline({ publish, deletePropagation, recipe, leaseSeconds: LEASE_SECONDS }, () => ({
      render: async (bytes, options) => this.#render(bytes, options.recipe),
      notifier: { publish: async (notification) => void this.#published.push(notification) },
      ...mutant.dependencies,
    }));
    const { dependencies } = this.#pipeline.parts;
    const ports = { ...dependencies, originals: this.#sometimesBlind(dependencies.originals) };
    this.#ports = mutant.ports?.(ports) ?? ports;
    this.model = new ReferenceModel(this.history, {
      deletePropagation,
      announces: dependencies.announces,
      leaseMilliseconds: LEASE_SECONDS * 1000,
    });
    this.#originals.push(this.#pipeline.originals.contents);
    for (const mutation of scenario.mutations) {
      this.#pipeline.now += 1000;
      this.#records.push(this.#apply(mutation));
      this.#originals.push(this.#pipeline.originals.contents);
    }
    this.#startsAt = this.#pipeline.now;
    for (const version of this.#pipeline.originals.versions(KEY)) this.#number(version);
  }

  initial(): State {
    return {
      ...{ done: 0, clock: this.#startsAt, renditions: { count: 0, versions: new Map() }, ledger: new Map() },
      ...{ waiting: [], running: [], dead: [], redrives: 0, faultsLeft: this.scenario.faultCount, memory: NOTHING_YET },
    };
  }

  /** Tells states apart: two with one digest have the same future. */
  digest({ renditions, ledger, running, waiting, dead, memory, ...rest }: State): string {
    const runs = running.map(({ log, calls: _implied, ...run }) => [log.digest, run]);
    const text = `${this.#text(renditions)}${this.#text(ledger)}${this.#text(memory)}${this.#text(waiting)}${JSON.stringify([runs, dead, rest])}`;
    return createHash('md5').update(text).digest('base64');
  }

  /** States share their parts, so each part is written down once. */
  #text(part: State['renditions'] | State['ledger'] | State['memory'] | State['waiting']): string {
    const known = this.#texts.get(part);
    if (known !== undefined) return known;
    const text = JSON.stringify(part, (name, value: unknown) => {
      if (name === 'lastModified' || name === 'processed-date') return undefined;
      if (value instanceof Map) return [...value];
      return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value ? String(value.data) : value;
    });
    this.#texts.set(part, text);
    return text;
  }

  isQuiet(state: State): boolean {
    return state.done === this.history.mutations.length && state.waiting.length === 0 && state.running.length === 0 && state.dead.length === 0;
  }

  actions(state: State): Action[] {
    const { running, waiting, done } = state;
    const hasSlot = running.length < this.scenario.concurrency;
    // What nothing else can influence, and what influences nothing else, can as well happen at once.
    const index = running.findIndex(({ calls: [call], calls }) => calls.length === 1 && this.#isIndependent(call?.name, done));
    if (index >= 0) return this.#callsOf(state, index);
    const actions = running.flatMap((_, one) => this.#callsOf(state, one));
    if (hasSlot) {
      waiting.forEach((delivery, position) => {
        // Of copies that differ in nothing but their number, the first one starts first.
        const isNext = !waiting.slice(0, position).some((other) => isLike(other, delivery));
        if (isNext) actions.push(...this.#starts(state, { delivery: position }));
      });
    }
    if (done < this.history.mutations.length) {
      // A mutation matters to those that look at the originals, and to the deliveries that follow it.
      const isSeen = running.length === 0 || running.some(({ calls }) => calls.some(({ name }) => name.startsWith('originals')));
      if (isSeen) actions.push({ kind: 'mutate' });
      else if (hasSlot && this.#tells(done + 1)) actions.push(...this.#starts(state, { delivery: waiting.length, mutates: true }));
    }
    if (state.faultsLeft > 0 && this.scenario.faults.includes('stall') && running.length > 0) actions.push({ kind: 'stall' });
    if (actions.length === 0 && state.dead.length > 0) actions.push({ kind: 'redrive' });
    return actions;
  }

  #isIndependent(name: string | undefined, done: number): boolean {
    return name === 'notifier.publish' || (name?.startsWith('originals') === true && done === this.history.mutations.length);
  }

  #callsOf(state: State, index: number): Action[] {
    return (state.running[index]?.calls ?? []).flatMap(({ id, name }) =>
      [undefined, ...this.#faults(state, name)].map((fault): Action => ({ kind: 'call', running: index, call: id, fault })),
    );
  }

  #starts(state: State, start: { delivery: number; mutates?: boolean }): Action[] {
    return [undefined, ...this.#faults(state, FIRST_CALL)].map((fault): Action => ({ kind: 'start', ...start, fault }));
  }

  #faults({ faultsLeft, clock }: State, name: string): FaultKind[] {
    if (faultsLeft === 0) return [];
    const isRecent = clock - this.#startsAt < FALSE_404_MILLISECONDS;
    return this.scenario.faults.filter((fault) => canMeet(name, fault) && (fault !== 'false404' || isRecent));
  }

  async apply(state: State, action: Action): Promise<Transition> {
    switch (action.kind) {
      case 'mutate':
        return this.#mutate(state);
      case 'start':
        return this.#start(state, action);
      case 'stall':
        return this.#stall(state);
      case 'redrive':
        return this.#redrive(state);
      case 'call':
        return this.#call(state, action);
    }
  }

  end(state: State): readonly Violation[] {
    return this.model.end(state.memory, this.#observe(state));
  }

  #stall(state: State): Transition {
    const memory = this.model.stall(state.memory, this.#observe(state));
    const next = { ...state, memory, clock: state.clock + STALL_MILLISECONDS, faultsLeft: state.faultsLeft - 1 };
    return { state: next, violations: [], sentence: 'everything stalls until leases and reservations have run out' };
  }

  #tells(mutation: number): boolean {
    const { deletePropagation, deliveries } = this.scenario;
    return (deletePropagation || this.history.mutations[mutation - 1]?.kind === 'put') && (deliveries[mutation - 1] ?? 1) > 0;
  }

  #mutate(state: State): Transition {
    const done = state.done + 1;
    const { deliveries, sameRequest, backfills } = this.scenario;
    const copies = this.#tells(done) ? (deliveries[done - 1] ?? 1) : 0;
    const told = Array.from({ length: copies }, (_, copy): Delivery => {
      return { mutation: done, origin: 'event', request: sameRequest || copy === 0 ? `e${done}` : `e${done}.${copy}`, copy, attempt: 1 };
    });
    const backfill: Delivery[] = backfills.includes(done) ? [{ mutation: done, origin: 'backfill', request: `b${done}`, copy: 0, attempt: 1 }] : [];
    return { state: { ...state, done, waiting: [...state.waiting, ...told, ...backfill] }, violations: [], sentence: this.#tell(done) };
  }

  async #start(before: State, { delivery: index, mutates, fault }: Extract<Action, { kind: 'start' }>): Promise<Transition> {
    const mutated = mutates === true ? this.#mutate(before) : undefined;
    const state = mutated?.state ?? before;
    const prelude = mutated === undefined ? '' : `${mutated.sentence}; `;
    const delivery = state.waiting[index];
    if (delivery === undefined) throw new Error('nothing is waiting');
    const { record } = this.#observe(state);
    const sameAndSettled = record?.mutation === delivery.mutation && !record.owes;
    const noNews = delivery.origin === 'event' && record !== undefined && record.status !== 'processing' && (record.mutation > delivery.mutation || sameAndSettled);
    const started: Running = {
      delivery,
      run: this.#mutant.run?.(delivery.request) ?? nameIn(delivery),
      ...{ startedAt: state.clock, since: state.done, noNews, committed: [], published: [], blind: false, log: EMPTY_LOG, calls: [] },
    };
    const waiting = state.waiting.filter((_, other) => other !== index);
    const running = [...state.running, started];
    const faultsLeft = state.faultsLeft - (fault === undefined ? 0 : 1);
    if (fault === 'dieFirst') {
      const next = this.#ended({ ...state, waiting, running, faultsLeft }, running.length - 1, started, false);
      return { state: next, violations: [], sentence: `${prelude}${nameOf(started)} begins and dies` };
    }
    const live = await this.#live(started);
    if (live.ended !== undefined) {
      const outcome = outcomeOf(live.ended);
      const next = this.#ended({ ...state, waiting, running }, running.length - 1, started, outcome !== undefined);
      return { state: next, violations: [], sentence: `${prelude}${nameOf(started)} begins and ends: ${outcome ?? 'a fault'}` };
    }
    const first = live.calls[0]?.id ?? 0;
    const called = await this.#call({ ...state, waiting, running }, { kind: 'call', running: running.length - 1, call: first, fault }, live);
    return { ...called, sentence: `${prelude}${called.sentence}` };
  }

  #redrive(state: State): Transition {
    const clock = state.clock + REDRIVE_MILLISECONDS;
    const waiting = state.dead.map((delivery) => ({ ...delivery, request: `r${state.redrives}${delivery.request.replace(/^r\d+/, '')}`, attempt: ATTEMPTS }));
    const next = { ...state, clock, waiting, dead: [], redrives: state.redrives + 1 };
    const violations: Violation[] =
      state.redrives < MOST_REDRIVES ? [] : [{ guarantee: 'P9', sentence: `an event is still not settled after ${MOST_REDRIVES} redrives` }];
    return { state: next, violations, sentence: 'time passes, the dead letters are redriven' };
  }

  async #call(state: State, { running: index, call: id, fault }: Extract<Action, { kind: 'call' }>, begun?: LiveInvocation): Promise<Transition> {
    const running = state.running[index];
    if (running === undefined) throw new Error('it does not run');
    const live = begun ?? (await this.#live(running));
    const call = live.calls.find((one) => one.id === id);
    if (call === undefined) throw new Error('the call is not waiting');
    const sentence = `${nameOf(running)}: ${call.port}.${call.method}`;
    const before = this.#observe(state);
    const { clock } = state;
    this.#bring(state);
    let value: unknown;
    const blind = running.blind || fault === 'false404';
    this.#isBlind = blind;
    if (fault !== 'fail') value = await this.#take(call);
    const stores = { renditions: this.#pipeline.renditions.contents, ledger: this.#pipeline.ledger.contents };
    const published = this.#published.flatMap(toldIn);
    const failed = fault === 'fail' || fault === 'lose';
    const alone = live.calls.length === 1;
    const log = extend(running.log, { call: id, alone, at: clock, value, fault: failed ? 'injected fault' : undefined });
    const after = this.#observe({ ...state, ...stores });
    const effect = committed(before, after);
    let acting: Running = {
      ...running,
      ...{ log, blind },
      committed: effect === undefined ? running.committed : [...running.committed, effect.version ?? ''],
      published: [...running.published, ...published.map(({ version }) => version)],
    };
    const survives = fault !== 'die';
    if (survives) await live.answer({ call: id, alone, at: clock, value, fault: failed ? 'injected fault' : undefined });
    const ended = survives ? live.ended : undefined;
    const counted = ended === undefined ? [] : live.counted.flatMap(toldOf);
    const outcome = outcomeOf(ended);
    acting = { ...acting, calls: namesOf(live.calls) };
    const judged = this.model.step(state.memory, {
      ...{ before, after, done: state.done, now: clock, actor: actorOf(acting), published, counted, outcome },
    });
    let { memory } = judged;
    if (fault !== undefined) memory = this.model.fault(memory, { actor: actorOf(acting), after, ended: fault === 'die' || (fault === 'lose' && effect !== undefined) });
    const base = { ...state, ...stores, clock, memory, faultsLeft: state.faultsLeft - (fault === undefined ? 0 : 1) };
    const isOver = !survives || ended !== undefined;
    const next = isOver
      ? this.#ended(base, index, acting, outcome !== undefined)
      : { ...base, running: base.running.map((one, other) => (other === index ? acting : one)) };
    const how = fault === undefined ? '' : ` (${fault})`;
    const end = ended === undefined ? '' : 'error' in ended ? ', and ends with a fault' : `, and ends: ${ended.outcome}${ended.inProgress ? ' (in progress)' : ''}`;
    return { state: next, violations: judged.violations, sentence: `${sentence}${how}${end}` };
  }

  /** Lambda retries an asynchronous event twice under one request ID, then it is a dead letter. */
  #ended(state: State, index: number, { delivery }: Running, isDone: boolean): State {
    const inOrder = (deliveries: readonly Delivery[]) => deliveries.toSorted((a, b) => (nameIn(a) < nameIn(b) ? -1 : 1));
    const running = state.running.filter((_, other) => other !== index);
    if (isDone) return { ...state, running };
    if (delivery.attempt >= ATTEMPTS) return { ...state, running, dead: inOrder([...state.dead, delivery]) };
    return { ...state, running, waiting: inOrder([...state.waiting, { ...delivery, attempt: delivery.attempt + 1 }]) };
  }

  #live({ delivery, run, startedAt, log }: Running): Promise<LiveInvocation> {
    return LiveInvocation.start({ request: delivery.request, run, startedAt, payload: this.#payload(delivery) }, this.#pipeline.parts, log);
  }

  #payload({ mutation, origin, request, copy }: Delivery): unknown {
    const record = this.#records[mutation - 1];
    if (origin === 'event' && record !== undefined) {
      // Whatever forwards an event may spell its sequencer in another way.
      const { object } = record.s3;
      const sequencer = copy === 0 ? object['sequencer'] : `${object['sequencer']}00`.toLowerCase();
      const spelled = { ...record, s3: { ...record.s3, object: { ...object, sequencer } } };
      return { Records: [this.#mutant.record?.(spelled) ?? spelled] };
    }
    const task = { taskId: request, s3Key: KEY, s3BucketArn: 'arn:aws:s3:::uploads', s3VersionId: this.history.current(mutation)?.id };
    return { invocationSchemaVersion: '1.0', invocationId: request, job: { id: 'job' }, tasks: [task] };
  }

  /** S3 may answer 404 for what is there; the answer then says nothing of a delete marker. */
  #sometimesBlind(originals: Ports['originals']): Ports['originals'] {
    return changed(originals, {
      head: async (bucket, key) => (this.#isBlind ? undefined : originals.head(bucket, key)),
      read: async (request) => (this.#isBlind ? { status: 'gone' } : originals.read(request)),
    });
  }

  #bring({ done, renditions, ledger }: State): void {
    this.#pipeline.originals.contents = this.#originals[done] as BucketContents;
    this.#pipeline.renditions.contents = renditions;
    this.#pipeline.ledger.contents = ledger;
    this.#published.length = 0;
  }

  async #take({ port, method, parameters }: Call): Promise<unknown> {
    const target = this.#ports[port];
    return Reflect.apply(Reflect.get(target, method), target, parameters);
  }

  #observe({ renditions, ledger }: Pick<State, 'renditions' | 'ledger'>): Observation {
    const stored = ledger.get(`uploads/${KEY}`);
    const { effect } = stored ?? {};
    return {
      record: stored && {
        status: stored.status,
        mutation: this.#records.findIndex(({ s3 }) => stored.sequencer.startsWith(String(s3.object.sequencer))) + 1,
        run: stored.status === 'processing' ? stored.run?.split('/0069')[0] : undefined,
        effect: effect && { status: effect.status, version: stored.versionId, commit: stored.commit ?? '' },
        renditionsOf: stored.renditionsOf?.versionId,
        owes: stored.message !== undefined,
        sender: stored.message?.run,
        shows: effect !== undefined || stored.renditionsOf !== undefined || stored.etag !== undefined,
        expires: stored.expires === true,
        leaseExpiresAt: stored.leaseExpiresAt,
        reported: stored.reportedVersions.length,
      },
      renditions: Object.fromEntries(
        this.#prefixes.map((prefix) => [
          prefix + KEY,
          (renditions.versions.get(prefix + KEY) ?? []).map(({ metadata, bytes }) => ({
            version: metadata['original-version-id'],
            content: bytes?.toString().slice(prefix.length) ?? '',
          })),
        ]),
      ),
    };
  }

  #apply(mutation: Mutation): S3Record {
    const pipeline = this.#pipeline;
    switch (mutation.kind) {
      case 'put': {
        const record = pipeline.upload(KEY, mutation.content);
        for (const version of pipeline.originals.versions(KEY)) this.#number(version);
        return record;
      }
      case 'delete':
        return pipeline.delete(KEY);
      case 'undelete':
        return pipeline.undelete(KEY);
      case 'erase':
        return pipeline.erase(KEY, mutation.version);
      case 'expire':
        return pipeline.expire(KEY, mutation.version);
    }
  }

  #number({ bytes, versionId }: { bytes: Buffer | undefined; versionId: string }): void {
    if (bytes !== undefined) this.#numbers.set(bytes, Number(versionId.slice(1)));
  }

  /** Stands for the renderer. The width of an image, or the code of its failure, is the number of its version, so that whatever tells of it can be attributed. */
  #render(bytes: Buffer, recipe: HandlerSettings['recipe']): Awaited<ReturnType<Dependencies['render']>> {
    const number = this.#numbers.get(bytes) ?? 0;
    const text = bytes.toString();
    if (text === 'bad') throw new ImageFailure(CODES[number] ?? 'Corrupt', 'a bad image');
    const renditions = recipe.renditions.map((rendition) => ({
      ...{ rendition, body: Buffer.from(rendition.prefix + text), contentType: 'image/jpeg', width: 1, height: 1 },
    }));
    return { facts: { width: number, height: 1, format: 'jpeg' }, renditions };
  }

  #tell(done: number): string {
    const mutation = this.history.mutations[done - 1];
    const { id } = this.history.versions(done).at(-1) ?? {};
    switch (mutation?.kind) {
      case 'put':
        return `"${mutation.content}" is uploaded as ${id}`;
      case 'delete':
        return `the photo is deleted (a delete marker, ${id})`;
      case 'undelete':
        return 'the delete marker is removed';
      case 'erase':
        return `${mutation.version} is deleted for good`;
      default:
        return mutation?.version === undefined ? `a lifecycle rule expires the photo (a delete marker, ${id})` : `a lifecycle rule deletes ${mutation.version} for good`;
    }
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

function namesOf(calls: readonly Call[]): Running['calls'] {
  return calls.map(({ id, port, method }) => ({ id, name: `${port}.${method}` }));
}

function nameIn({ request, copy, attempt }: Delivery): string {
  return `${request}/${copy}#${attempt}`;
}

function isLike(one: Delivery, other: Delivery): boolean {
  return one.mutation === other.mutation && one.origin === other.origin && one.attempt === other.attempt && one.request[0] === other.request[0];
}

function nameOf({ delivery, run }: Running): string {
  return `[${delivery.origin} ${delivery.mutation}, ${run}]`;
}

function outcomeOf(ended: LiveInvocation['ended']): string | undefined {
  return ended !== undefined && 'outcome' in ended ? ended.outcome : undefined;
}

function actorOf({ delivery, run, startedAt, since, noNews, log, committed, published }: Running): Actor {
  return { run, startedAt, mutation: delivery.mutation, origin: delivery.origin, since, noNews, calls: log.responses.length, committed, published };
}

function toldOf(outcome: Outcome): Told[] {
  if (outcome.status === 'processed') return [{ version: `v${outcome.image.width}`, status: 'processed' }];
  if (outcome.status === 'failed') return [{ version: `v${CODES.indexOf(outcome.failureCode)}`, status: 'failed' }];
  return [];
}

/** The effects that a message tells of. */
function toldIn({ message, attributes }: Notification): Told[] {
  if (message.startsWith('Processed: ')) {
    const processed = [...message.matchAll(/^processed .* (\d+)x1 jpeg$/gm)].map(([, number]): Told => ({ version: `v${number}`, status: 'processed' }));
    const failed = [...message.matchAll(/^failed "[^"]*": (\w+)\./gm)].map(([, code]): Told => ({ version: versionOf(code), status: 'failed' }));
    return [...processed, ...failed];
  }
  if (attributes['status'] === 'failed') return [{ version: versionOf(attributes['failureCode']), status: 'failed' }];
  return [{ version: `v${/^Original: .* (\d+)x1 jpeg$/m.exec(message)?.[1]}`, status: 'processed' }];
}

function versionOf(code: string | undefined): string {
  return `v${CODES.findIndex((one) => one === code)}`;
}
