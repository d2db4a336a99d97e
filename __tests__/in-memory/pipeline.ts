import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { ImageFailure, type Outcome } from '../../lambda-src/contract/outcome.ts';
import { recipeSchema } from '../../lambda-src/contract/recipe.ts';
import type { Dependencies } from '../../lambda-src/dependencies.ts';
import { type HandlerParts, handleEvent } from '../../lambda-src/handle-event.ts';
import type { LedgerRecord, Notification } from '../../lambda-src/ports.ts';
import { MemoryFailedOriginals, MemoryOriginals, MemoryRenditions } from './buckets.ts';
import { MemoryLedger } from './ledger.ts';

export const SETTINGS: HandlerSettings = {
  preset: 'test',
  uploadBucket: 'uploads',
  triggerPrefix: '',
  triggerSuffixes: ['.jpg', '.png'],
  triggerInclude: [],
  triggerExclude: [],
  outputBucket: 'renditions',
  tableName: 'ledger',
  partitionKey: 'ImageId',
  topicArn: 'arn:aws:sns:us-east-1:000000000000:images',
  publish: ['processed', 'failed'],
  recipe: recipeSchema.parse({ renditions: [{ name: 'small', prefix: 'small/', width: 100, height: 100 }] }),
  maxBytes: 1_000,
  maxPixels: 1_000_000,
  maxAvifPixels: 1_000_000,
  leaseSeconds: 90,
  deletePropagation: false,
  tagFailed: false,
};

/** One record of an S3 event, in S3's own shape. */
export interface S3Record {
  readonly eventName: string;
  readonly eventTime: string;
  readonly s3: {
    readonly bucket: { readonly name: string };
    readonly object: { readonly key: string; readonly sequencer: string } & Record<string, unknown>;
  };
}

/**
 * The handler over ports in memory. Its "images" are texts: the rendition of `cat` is `small/cat`, and a text that begins with
 * `bad` is a bad image.
 */
export class MemoryPipeline {
  readonly originals = new MemoryOriginals(() => this.now);
  readonly renditions = new MemoryRenditions();
  readonly failedOriginals = new MemoryFailedOriginals(this.originals, this.renditions);
  readonly ledger = new MemoryLedger();
  readonly published: Notification[] = [];
  readonly observed: Outcome[] = [];
  readonly faults: { key: string; error: unknown }[] = [];
  readonly warnings: { message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  readonly parts: HandlerParts;
  now = Date.parse('2026-03-04T05:06:07.000Z');
  renders = 0;
  #sequence = 0;
  #requests = 0;

  /** @param ports replaces ports, to make them fail or to look at their calls */
  constructor(
    settings: Partial<HandlerSettings> = {},
    ports: (pipeline: MemoryPipeline) => Partial<Dependencies & Pick<HandlerParts, 'concurrency'>> = () => ({}),
  ) {
    const all = { ...SETTINGS, ...settings };
    const { concurrency = 4, ...replaced } = ports(this);
    this.parts = {
      settings: all,
      concurrency,
      observer: {
        received: () => undefined,
        outcome: (outcome) => void this.observed.push(outcome),
        repeated: () => undefined,
        fault: (key, error) => void this.faults.push({ key, error }),
      },
      dependencies: {
        ...all,
        limits: all,
        originals: this.originals,
        renditions: this.renditions,
        failedOriginals: this.failedOriginals,
        ledger: this.ledger,
        notifier: { publish: async (notification) => void this.published.push(notification) },
        render: async (bytes, { recipe }) => this.render(bytes, recipe),
        messageForm: all.publish.includes('report') ? 'report' : 'image',
        announces: (status) => all.publish.includes(status) || all.publish.includes('report'),
        warn: (message, fields) => void this.warnings.push({ message, fields }),
        ...replaced,
      },
    };
  }

  /** Uploads a text and returns S3's record of it. */
  upload(key: string, text: string, metadata: Readonly<Record<string, string>> = {}): S3Record {
    const bytes = Buffer.from(text);
    const { versionId, etag } = this.originals.upload(key, bytes, metadata);
    return this.#record('ObjectCreated:Put', key, { versionId, eTag: etag, size: bytes.length });
  }

  /** Deletes and returns S3's record of it. */
  delete(key: string): S3Record {
    return this.#record('ObjectRemoved:DeleteMarkerCreated', key, { versionId: this.originals.delete(key) });
  }

  /** Deletes a version for good, or a delete marker, and returns S3's record of it. */
  erase(key: string, versionId: string): S3Record {
    this.originals.erase(key, versionId);
    return this.#record('ObjectRemoved:Delete', key, { versionId });
  }

  /** Removes the delete marker on top of a key, which brings back the version below it, and returns S3's record of it. */
  undelete(key: string): S3Record {
    const marker = this.originals.versions(key).at(-1);
    if (marker === undefined || marker.bytes !== undefined) throw new Error(`no delete marker is on top of ${key}`);
    return this.erase(key, marker.versionId);
  }

  /** A lifecycle rule expires the current version, which adds a delete marker, or deletes a version for good. */
  expire(key: string, versionId?: string): S3Record {
    if (versionId === undefined)
      return this.#record('LifecycleExpiration:DeleteMarkerCreated', key, { versionId: this.originals.delete(key) });
    this.originals.erase(key, versionId);
    return this.#record('LifecycleExpiration:Delete', key, { versionId });
  }

  #record(eventName: string, key: string, object: Record<string, unknown>): S3Record {
    this.#sequence += 1;
    const encoded = encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
    const sequencer = `0069A7${this.#sequence.toString(16).padStart(6, '0').toUpperCase()}`;
    return {
      eventName,
      eventTime: new Date(this.now).toISOString(),
      s3: { bucket: { name: 'uploads' }, object: { key: encoded, sequencer, ...object } },
    };
  }

  /** Invokes the function with records; every call is a request of its own unless it names one. */
  async invoke(records: readonly unknown[], request?: string): Promise<Outcome[]> {
    const answer = (await this.invokeWith({ Records: records }, request)) as { outcomes: Outcome[] };
    return answer.outcomes;
  }

  async invokeWith(payload: unknown, request?: string): Promise<unknown> {
    this.#requests += 1;
    return handleEvent(payload, this.parts, {
      owner: request ?? `request-${this.#requests}`,
      run: `run-${this.#requests}`,
      now: () => this.now,
      remainingMilliseconds: () => 60_000,
      timeoutMilliseconds: 60_000,
    });
  }

  record(key: string): Promise<LedgerRecord | undefined> {
    return this.ledger.read('uploads', key);
  }

  rendition(key: string): string | undefined {
    return this.renditions.bytes(`small/${key}`)?.toString();
  }

  render(bytes: Buffer, recipe: HandlerSettings['recipe']): Awaited<ReturnType<Dependencies['render']>> {
    this.renders += 1;
    const text = bytes.toString();
    if (text.startsWith('bad')) throw new ImageFailure('Corrupt', 'a bad image');
    const renditions = recipe.renditions.map((rendition) => ({
      rendition,
      body: Buffer.from(rendition.prefix + text),
      format: 'jpeg' as const,
      contentType: 'image/jpeg',
      width: 1,
      height: 1,
    }));
    return { facts: { width: 1, height: 1, format: 'jpeg', ...(recipe.manifest ? { averageColour: '#000000' } : {}) }, renditions };
  }
}

/** The statuses of some outcomes, to compare at a glance. */
export function statuses(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(({ status }) => status);
}
