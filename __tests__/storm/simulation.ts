import { announceImage } from '../../lambda-src/announce.ts';
import { ImageFailure } from '../../lambda-src/contract/outcome.ts';
import { padSequencer } from '../../lambda-src/events/sequencer.ts';
import type { Ledger, OriginalStore, RenditionStore, UploadEvent } from '../../lambda-src/ports.ts';
import { processUpload, type Workshop } from '../../lambda-src/process-upload.ts';
import { resolveTask } from '../../lambda-src/resolve-task.ts';
import { etagOf, MemoryOriginals, MemoryRenditions } from '../in-memory/buckets.ts';
import { MemoryLedger } from '../in-memory/ledger.ts';
import { type Deed, RECIPE, violationsOf } from './aftermath.ts';
import { Chance } from './chance.ts';
import { changed } from './changed.ts';
import { Gates, settled } from './gates.ts';

const BUCKET = 'uploads';
/** A choice that no disturbance answers to. */
const CALM = 63;
const TIMEOUT_MS = 60_000;
const LEASE_SECONDS = 90;
/** What the function works with, as a mutant may replace it. */
export interface StormPorts {
  readonly originals: OriginalStore;
  readonly renditions: RenditionStore;
  readonly ledger: Ledger;
  readonly publish: () => Promise<void>;
}

/** A planted bug: the same protocol over ports, events or a lease that lack one guarantee. */
export interface Mutant {
  readonly ports?: (ports: StormPorts) => StormPorts;
  readonly event?: (event: UploadEvent, rawSequencer: string) => UploadEvent;
  readonly leaseSeconds?: number;
}

interface Delivery {
  readonly event: UploadEvent;
  readonly rawSequencer: string;
  readonly owner: string;
  readonly attempt: number;
}

interface Running {
  readonly delivery: Delivery;
  readonly startedAt: number;
  /** Version whose message is out and whose record is not yet marked. */
  announcing?: string | undefined;
}

/** One run of many uploads, deliveries, faults and crashes, chosen by a tape; `violations` tells what the protocol broke. */
export class Simulation {
  readonly #chance: Chance;
  readonly #mutant: Mutant;
  readonly #deletePropagation: boolean;
  readonly #backfills: boolean;
  readonly #originals = new MemoryOriginals();
  readonly #renditions = new MemoryRenditions();
  readonly #ledger = new MemoryLedger();
  readonly #gates = new Gates();
  readonly #deeds: Deed[] = [];
  readonly #running = new Map<number, Running>();
  readonly #published = new Map<string, number>();
  readonly #excused = new Map<string, number>();
  readonly #committed = new Set<string>();
  readonly #found: string[] = [];
  #deliveries: Delivery[] = [];
  #deadLetters: Delivery[] = [];
  #toDo: number;
  #clock = 1_000_000;
  #requests = 0;
  /** The invocation that is going on. */
  #current = 0;

  constructor(tape: readonly number[], mutant: Mutant = {}) {
    this.#chance = new Chance(tape);
    this.#mutant = mutant;
    this.#deletePropagation = this.#chance.below(3) === 0;
    this.#backfills = this.#chance.below(3) === 0;
    this.#toDo = 1 + this.#chance.below(8);
  }

  /** Runs until nothing is left to happen, then lists what should not be so. */
  async violations(): Promise<string[]> {
    for (let step = 0; this.#toDo > 0 || this.#deliveries.length > 0 || this.#running.size > 0 || this.#deadLetters.length > 0; step += 1) {
      if (step > 20_000) return ['the schedule never comes to rest'];
      await this.#step();
    }
    const keys = [...new Set(this.#deeds.map(({ key }) => key))];
    const aftermath = {
      ...{ deeds: this.#deeds, record: (key: string) => this.#ledger.read(BUCKET, key), renditions: this.#renditions },
      ...{ published: this.#published, committed: this.#committed, excused: this.#excused },
      ...{ deletePropagation: this.#deletePropagation, backfills: this.#backfills },
    };
    const found = await Promise.all(keys.map((key) => violationsOf(key, aftermath)));
    return [...this.#found, ...found.flat()];
  }

  async #step(): Promise<void> {
    const choice = this.#chance.calm ? CALM : this.#chance.below(64);
    const idle = this.#gates.count === 0;
    if (choice < 2) return this.#crash();
    if (choice < 4) return this.#fault();
    if (choice < 6) return this.#passTime(1_000 * (1 + this.#chance.below(40)));
    if (this.#deliveries.length > 0 && (choice < 14 || (idle && choice % 4 !== 0))) return this.#start();
    if (this.#toDo > 0 && (choice < 20 || idle)) return this.#act();
    if (this.#deliveries.length > 0 && idle) return this.#start();
    if (!idle) return this.#goOn();
    return this.#redrive();
  }

  /** Mostly the same invocation goes on for a while: only then does one overtake another between two of its calls. */
  async #goOn(): Promise<void> {
    const waiting = this.#gates.invocations();
    if (!waiting.includes(this.#current) || this.#chance.below(12) === 0) this.#current = this.#chance.pick(waiting) ?? 0;
    await this.#gates.go(this.#current);
  }

  /** A person uploads or deletes; S3 tells of it once or several times. */
  #act(): void {
    this.#toDo -= 1;
    const key = this.#chance.below(4) === 0 ? 'photo-1' : 'photo-0';
    const content = ['A', 'B', 'A', 'B', 'bad', undefined][this.#chance.below(6)];
    const stands = this.#deeds.findLast((deed) => deed.key === key)?.content !== undefined;
    if (content === undefined && !stands) return;
    const number = this.#deeds.length + 1;
    const sequencer = `00${(0xa0 + number * 8).toString(16).toUpperCase()}${number % 2 === 0 ? '0' : `${number % 9}F0`}`;
    const versionId = content === undefined ? this.#originals.delete(key) : this.#originals.upload(key, Buffer.from(content)).versionId;
    const deed = { key, content, versionId, sequencer };
    this.#deeds.push(deed);
    if (content !== undefined || this.#deletePropagation) {
      const copies = 1 + this.#chance.below(3);
      for (let copy = 0; copy < copies; copy += 1) this.#deliver(deed, copy);
    }
    if (this.#backfills && content !== undefined) this.#backfill(deed);
  }

  #deliver({ key, content, versionId, sequencer }: Deed, copy: number): void {
    // The same event may be spelt differently by whatever forwarded it: without trailing zeros, in lower case.
    const rawSequencer = [sequencer, sequencer.replace(/0+$/, ''), sequencer.toLowerCase()][copy % 3] ?? sequencer;
    this.#enqueue({ ...this.#eventOf(key, content, versionId), sequencer: padSequencer(rawSequencer) }, rawSequencer);
  }

  #backfill({ key, content, versionId }: Deed): void {
    this.#enqueue({ ...this.#eventOf(key, content, versionId), kind: 'backfill', job: `job-${this.#chance.below(2)}` }, '');
  }

  #eventOf(key: string, content: string | undefined, versionId: string): UploadEvent {
    const etag = content === undefined ? undefined : etagOf(Buffer.from(content));
    return {
      kind: content === undefined ? 'removed' : 'created',
      bucket: BUCKET,
      key,
      versionId,
      etag,
      sequencer: '',
      time: new Date(this.#clock),
    };
  }

  #enqueue(event: UploadEvent, rawSequencer: string): void {
    this.#requests += 1;
    this.#deliveries.push({ event, rawSequencer, owner: `request-${this.#requests}`, attempt: 1 });
  }

  async #start(): Promise<void> {
    const [delivery] = this.#deliveries.splice(this.#chance.below(this.#deliveries.length), 1);
    if (delivery === undefined) return;
    this.#requests += 1;
    const id = this.#requests;
    this.#running.set(id, { delivery, startedAt: this.#clock });
    this.#invoke(id, delivery).then(
      (again) => this.#end(id, again),
      () => this.#end(id, true),
    );
    await settled();
  }

  /** One invocation, as the handler does it. True when the event must come again. */
  async #invoke(id: number, { event, rawSequencer, owner }: Delivery): Promise<boolean> {
    const ports = this.#portsOf(id, event);
    const workshop: Workshop = {
      ...ports,
      render: renderText,
      recipe: RECIPE,
      limits: { maxBytes: 100, maxPixels: 100, maxAvifPixels: 100 },
      leaseSeconds: this.#mutant.leaseSeconds ?? LEASE_SECONDS,
      deletePropagation: this.#deletePropagation,
      announces: () => true,
      warn: () => undefined,
    };
    const startedAt = this.#clock;
    const seen = this.#mutant.event?.(event, rawSequencer) ?? event;
    const resolved =
      event.kind === 'backfill' ? await resolveTask({ ...event, taskId: owner, job: event.job ?? '', malformedKey: false }, ports) : seen;
    if ('status' in resolved) return false;
    const { outcome, pending } = await processUpload(resolved, workshop, {
      owner,
      now: () => this.#clock,
      remainingMilliseconds: () => startedAt + TIMEOUT_MS - this.#clock,
      timeoutMilliseconds: TIMEOUT_MS,
    });
    if (pending !== undefined)
      await announceImage(pending, { ledger: ports.ledger, notifier: { publish: ports.publish }, preset: 'storm' });
    return outcome.status === 'duplicate' && outcome.inProgress && (owner.startsWith('redrive') || event.kind === 'backfill');
  }

  #portsOf(id: number, { versionId = '' }: UploadEvent): StormPorts {
    const publish = async (): Promise<void> => {
      if (!this.#committed.has(versionId)) this.#found.push(`${versionId} was announced before it was committed`);
      this.#published.set(versionId, (this.#published.get(versionId) ?? 0) + 1);
      const running = this.#running.get(id);
      if (running !== undefined) running.announcing = versionId;
    };
    const ledger = changed(this.#ledger, {
      commit: async (claim, effect, announce) => {
        const committed = await this.#ledger.commit(claim, effect, announce);
        if (committed) this.#committed.add(versionId);
        return committed;
      },
      markNotified: async (claim) => {
        const running = this.#running.get(id);
        if (running !== undefined) running.announcing = undefined;
        return this.#ledger.markNotified(claim);
      },
    });
    const bare: StormPorts = { originals: this.#originals, renditions: this.#renditions, ledger, publish };
    const { originals, renditions, ledger: book, publish: call } = this.#mutant.ports?.(bare) ?? bare;
    return {
      originals: this.#gates.guard(originals, id),
      renditions: this.#gates.guard(renditions, id),
      ledger: this.#gates.guard(book, id),
      publish: this.#gates.guard({ call }, id).call,
    };
  }

  /** Lambda tries an asynchronous event three times under one request id, then it is a dead letter. */
  #end(id: number, again: boolean): void {
    const ended = this.#running.get(id);
    if (ended === undefined) return;
    this.#running.delete(id);
    if (ended.announcing !== undefined) this.#excused.set(ended.announcing, (this.#excused.get(ended.announcing) ?? 0) + 1);
    if (!again) return;
    const { delivery } = ended;
    if (delivery.attempt < 3 && delivery.event.kind !== 'backfill') this.#deliveries.push({ ...delivery, attempt: delivery.attempt + 1 });
    else this.#deadLetters.push(delivery);
  }

  #crash(): void {
    const id = this.#chance.pick(this.#gates.invocations());
    if (id !== undefined) this.#kill(id);
  }

  #kill(id: number): void {
    this.#gates.kill(id);
    this.#end(id, true);
  }

  async #fault(): Promise<void> {
    const id = this.#chance.pick(this.#gates.invocations());
    if (id !== undefined) await this.#gates.fail(id);
  }

  /** Lambda ends what runs longer than the timeout, so that a lease always outlasts its owner. */
  #passTime(milliseconds: number): void {
    this.#clock += milliseconds;
    for (const [id, { startedAt }] of this.#running) {
      if (this.#clock >= startedAt + TIMEOUT_MS) this.#kill(id);
    }
  }

  /** When all is quiet the operator redrives the dead letters, and time passes between the tries. */
  #redrive(): void {
    this.#passTime(20_000);
    const waiting = this.#deadLetters;
    this.#deadLetters = [];
    for (const { event, rawSequencer } of waiting) {
      this.#requests += 1;
      this.#deliveries.push({ event, rawSequencer, owner: `redrive-${this.#requests}`, attempt: 3 });
    }
  }
}

/** Stands for the renderer: its "image" is a text, and one text is a bad image. */
const renderText: Workshop['render'] = async (bytes, { recipe }) => {
  const text = bytes.toString();
  if (text === 'bad') throw new ImageFailure('Corrupt', 'a bad image');
  return {
    facts: { width: 1, height: 1, format: 'jpeg' },
    renditions: recipe.renditions.map((rendition) => ({
      rendition,
      body: Buffer.from(rendition.prefix + text),
      contentType: 'image/jpeg',
      width: 1,
      height: 1,
    })),
  };
};
