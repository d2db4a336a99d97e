import { createHash } from 'node:crypto';
import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { manifestSchema } from '../../lambda-src/contract/manifest.ts';
import { ImageFailure } from '../../lambda-src/contract/outcome.ts';
import { recipeSchema } from '../../lambda-src/contract/recipe.ts';
import { renditionKey } from '../../lambda-src/contract/rendition-key.ts';
import type { Dependencies } from '../../lambda-src/dependencies.ts';
import type { HandlerParts } from '../../lambda-src/handle-event.ts';
import type { Notification, OriginalStore } from '../../lambda-src/ports.ts';
import type { BucketContents } from '../in-memory/buckets.ts';
import type { Stored } from '../in-memory/ledger.ts';
import { MemoryPipeline, type S3Record } from '../in-memory/pipeline.ts';
import { failureCodeOf } from './announced.ts';
import { changed } from './changed.ts';
import type { Mutation } from './history.ts';
import type { Call, PortName } from './invocation.ts';
import type { Observation, SeenManifest, SeenRendition } from './observation.ts';
import type { Scenario } from './scenario.ts';

const KEY = 'cat.jpg';
const MANIFEST_KEY = `manifests/${KEY}.json`;
export const QUARANTINE = 'quarantine/';
export const LEASE_SECONDS = 90;

/** The ports as a planted bug may replace them. */
export type Ports = { readonly [Port in PortName]: NonNullable<Dependencies[Port]> };

/** A planted bug: the same handler over ports, events or runs that lack one guarantee. */
export interface Mutant {
  readonly ports?: (ports: Ports) => Ports;
  readonly record?: (record: S3Record) => S3Record;
  readonly dependencies?: Partial<Dependencies>;
  /** What distinguishes one run of a request from another. */
  readonly run?: (request: string) => string;
}

/** Where a scenario takes place: in memory, where every moment can be brought back, or on the protocols of AWS, where time only goes on. */
export interface Stage<Stores = unknown> {
  readonly parts: HandlerParts;
  readonly clock: number;
  /** Changes the key, and returns what S3 reports. */
  mutate(done: number): Promise<S3Record>;
  /** Brings a moment back. */
  bring(done: number, stores: Stores): void;
  /** What is held if the table is restored from a backup. */
  restored(stores: Stores, backup: Stores | undefined): Stores;
  /** Lets a call take effect. `blind`: S3 finds nothing (a false 404). */
  take(call: Call, blind: boolean): Promise<unknown>;
  /** What is held now, and what was published since the moment was brought back. */
  look(): Promise<{ readonly stores: Stores; readonly seen: Observation; readonly published: readonly Notification[] }>;
  /** Distinguishes what is held from anything else. */
  digest(stores: Stores): string;
}

/** The larger rendition has a key that does not contain the original's. */
const OPTIONS: Readonly<Record<string, object>> = {
  large: { key: '{prefix}{dir}/{name}-{hash}.{ext}', format: 'webp', cacheControl: 'no-store', tags: { team: 'web' } },
};

export function recipeOf({ renditions, manifest }: Scenario): HandlerSettings['recipe'] {
  const names = ['small', 'large'].slice(0, renditions);
  return recipeSchema.parse({
    ...(manifest ? { manifest } : {}),
    renditions: names.map((name) => ({ name, prefix: `${name}/`, width: 100, height: 100, ...OPTIONS[name] })),
  });
}

interface MemoryStores {
  readonly renditions: BucketContents;
  readonly ledger: ReadonlyMap<string, Stored>;
  /** Failure codes by key and version. */
  readonly tags: MemoryPipeline['failedOriginals']['tags'];
}

/** The ports in memory. */
export class MemoryStage implements Stage<MemoryStores> {
  readonly parts: HandlerParts;
  readonly clock: number;
  readonly #pipeline: MemoryPipeline;
  readonly #ports: Ports;
  readonly #records: S3Record[] = [];
  readonly #originals: BucketContents[] = [];
  readonly #published: Notification[] = [];
  readonly #renditions: readonly { readonly key: string; readonly prefix: string }[];
  readonly #hasManifest: boolean;
  readonly #texts = new WeakMap<object, string>();
  readonly #gate = new RenditionNumbers();
  #isBlind = false;

  constructor(scenario: Scenario, mutant: Mutant = {}) {
    const { publish, deletePropagation, marksFailures = false } = scenario;
    const marks = marksFailures ? { tagFailed: true, quarantinePrefix: QUARANTINE } : {};
    const recipe = recipeOf(scenario);
    this.#renditions = recipe.renditions.map((rendition) => ({ key: renditionKey(rendition, KEY), prefix: rendition.prefix }));
    this.#hasManifest = scenario.manifest;
    this.#pipeline = new MemoryPipeline({ publish, deletePropagation, recipe, leaseSeconds: LEASE_SECONDS, ...marks }, () => ({
      render: async (bytes, options) => this.#gate.render(bytes, options.recipe),
      notifier: { publish: async (notification) => void this.#published.push(notification) },
      ...mutant.dependencies,
    }));
    this.parts = this.#pipeline.parts;
    const { dependencies } = this.parts;
    const { failedOriginals } = this.#pipeline;
    const ports = {
      ...dependencies,
      failedOriginals,
      originals: this.#gate.numbering(this.#sometimesBlind(dependencies.originals), numberIn),
    };
    this.#ports = mutant.ports?.(ports) ?? ports;
    this.#originals.push(this.#pipeline.originals.contents);
    for (const mutation of scenario.mutations) {
      this.#pipeline.now += 1000;
      this.#records.push(this.#apply(mutation));
      this.#originals.push(this.#pipeline.originals.contents);
    }
    this.clock = this.#pipeline.now;
  }

  static empty(): MemoryStores {
    return { renditions: { count: 0, versions: new Map() }, ledger: new Map(), tags: new Map() };
  }

  async mutate(done: number): Promise<S3Record> {
    const record = this.#records[done - 1];
    if (record === undefined) throw new Error(`there is no mutation ${done}`);
    return record;
  }

  bring(done: number, { renditions, ledger, tags }: MemoryStores): void {
    const originals = this.#originals[done];
    if (originals !== undefined) this.#pipeline.originals.contents = originals;
    this.#pipeline.renditions.contents = renditions;
    this.#pipeline.ledger.contents = ledger;
    this.#pipeline.failedOriginals.tags = tags;
    this.#published.length = 0;
  }

  restored({ renditions, tags }: MemoryStores, backup = MemoryStage.empty()): MemoryStores {
    return { renditions, tags, ledger: backup.ledger };
  }

  async take({ port, method, parameters }: Call, blind: boolean): Promise<unknown> {
    this.#isBlind = blind;
    const target = this.#ports[port];
    return Reflect.apply(Reflect.get(target, method), target, parameters);
  }

  async look(): Promise<{ stores: MemoryStores; seen: Observation; published: readonly Notification[] }> {
    const { renditions, ledger, failedOriginals } = this.#pipeline;
    const stores = { renditions: renditions.contents, ledger: ledger.contents, tags: failedOriginals.tags };
    return { stores, seen: this.#observe(stores), published: [...this.#published] };
  }

  digest({ renditions, ledger, tags }: MemoryStores): string {
    return this.#text([...renditions.versions.values()]) + this.#text([...ledger.values()]) + [...tags.keys()].join();
  }

  /** Moments share what they hold, so each part is written down once. */
  #text(parts: readonly object[]): string {
    return parts
      .map((part) => {
        const text = this.#texts.get(part) ?? JSON.stringify(part, tellingApart);
        this.#texts.set(part, text);
        return text;
      })
      .join();
  }

  /** S3 may answer 404 for an existing object; the answer then mentions no delete marker. */
  #sometimesBlind(originals: OriginalStore): OriginalStore {
    return changed(originals, {
      head: async (bucket, key) => (this.#isBlind ? undefined : originals.head(bucket, key)),
      read: async (request) => (this.#isBlind ? { status: 'gone' } : originals.read(request)),
    });
  }

  #observe({ renditions, ledger, tags }: MemoryStores): Observation {
    const stored = ledger.get(`uploads/${KEY}`);
    const of = (key: string, made: string): Observation['renditions'][string] =>
      (renditions.versions.get(key) ?? []).map(({ metadata, bytes }) => {
        return { version: metadata['original-version-id'], ...contentOf(bytes, made) };
      });
    const manifests = renditions.versions.get(MANIFEST_KEY) ?? [];
    return {
      record: stored && this.#recordOf(stored),
      renditions: Object.fromEntries(this.#renditions.map(({ key, prefix }) => [key, of(key, prefix)])),
      manifest: this.#hasManifest
        ? manifests.map(({ metadata, bytes }) => ({ ...seenManifest(bytes), version: metadata['original-version-id'] }))
        : undefined,
      tagged: [...tags.keys()].map((name) => name.slice(KEY.length + 1)),
      copies: of(QUARANTINE + KEY, ''),
    };
  }

  #recordOf(stored: Stored): NonNullable<Observation['record']> {
    const { status, effect, versionId, commit, run, renditionsOf, message, etag, expires, leaseExpiresAt, reportedVersions } = stored;
    return {
      status,
      // A backfill that took over an event's open claim stays just before that event.
      mutation:
        this.#records.findIndex(({ s3 }) => stored.sequencer.startsWith(String(s3.object.sequencer))) +
        (/^.{39}$/.test(stored.sequencer) ? 0.5 : 1),
      run: status === 'processing' ? run?.slice(0, run.lastIndexOf('/')) : undefined,
      effect: effect && { status: effect.status, version: versionId, commit: commit ?? '' },
      renditionsOf: renditionsOf?.versionId,
      owes: message !== undefined,
      shows: effect !== undefined || renditionsOf !== undefined || etag !== undefined,
      expires: expires === true,
      leaseExpiresAt,
      reported: reportedVersions.length,
    };
  }

  #apply(mutation: Mutation): S3Record {
    switch (mutation.kind) {
      case 'put':
        return this.#pipeline.upload(KEY, mutation.content);
      case 'delete':
        return this.#pipeline.delete(KEY);
      case 'undelete':
        return this.#pipeline.undelete(KEY);
      case 'erase':
        return this.#pipeline.erase(KEY, mutation.version);
      case 'expire':
        return this.#pipeline.expire(KEY, mutation.version);
    }
  }
}

/** What can be seen of a rendition's bytes. */
export function contentOf(bytes: Buffer | undefined, prefix: string): Pick<SeenRendition, 'content' | 'hash'> {
  const hash = createHash('sha256')
    .update(bytes ?? '')
    .digest('hex')
    .slice(0, 16);
  return { content: bytes?.toString().slice(prefix.length) ?? '', hash };
}

/** What a manifest says; nothing that a reader could rely on if it is not one. */
export function seenManifest(bytes: Buffer | undefined): Omit<SeenManifest, 'version'> {
  const parsed = manifestSchema.safeParse(JSON.parse(bytes?.toString() ?? 'null'));
  if (!parsed.success) return { describes: undefined, status: 'invalid' };
  const { versionId, status, picture } = parsed.data;
  const hashes = Object.fromEntries((picture?.renditions ?? []).map(({ key, hash }) => [key, hash]));
  return { describes: versionId, status, picture: picture && { version: picture.versionId, hashes } };
}

function numberIn(versionId: string | undefined): number {
  return Number(versionId?.slice(1) ?? 0);
}

/** Dates of storage do not influence anything. */
function tellingApart(name: string, value: unknown): unknown {
  if (name === 'lastModified' || name === 'processed-date') return undefined;
  const isBuffer = typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;
  return isBuffer ? String(value.data) : value;
}

/** Replaces the renderer: texts are its images, and `bad` is a bad one. What it makes carries the number of the version that was read. */
export class RenditionNumbers {
  readonly #numbers = new WeakMap<Buffer, number>();

  numbering(originals: OriginalStore, numberOf: (versionId: string | undefined, etag: string) => number): OriginalStore {
    return changed(originals, {
      read: async (request) => {
        const answer = await originals.read(request);
        if (answer.status === 'read') this.#numbers.set(answer.object.bytes, numberOf(answer.object.versionId, answer.object.etag));
        return answer;
      },
    });
  }

  render(bytes: Buffer, recipe: HandlerSettings['recipe']): Awaited<ReturnType<Dependencies['render']>> {
    const number = this.#numbers.get(bytes) ?? 0;
    const text = bytes.toString();
    if (text === 'bad') throw new ImageFailure(failureCodeOf(number), 'a bad image');
    const renditions = recipe.renditions.map((rendition) => ({
      ...{ rendition, body: Buffer.from(rendition.prefix + text), format: 'jpeg' as const, contentType: 'image/jpeg', width: 1, height: 1 },
    }));
    return { facts: { width: number, height: 1, format: 'jpeg', ...(recipe.manifest ? { averageColour: '#000000' } : {}) }, renditions };
  }
}
