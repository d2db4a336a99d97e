import { EventEmitter, once } from 'node:events';
import type { Readable } from 'node:stream';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { PipelineSettings } from '../../config/settings.ts';
import type { AwsRequest } from '../aws-requests.ts';
import type { UploadResult } from '../delivery-results.ts';
import type { LedgerItem } from '../ledger-item.ts';
import type { OutputFolder } from '../output-folder.ts';
import { type S3Event, s3Event } from '../s3-event.ts';
import { reasonNotToFire, startTwin, type Twin } from '../twin.ts';
import { advance, type Delivery, finish, isFinished, newDelivery } from './delivery.ts';
import { Results } from './results.ts';
import { type Arrival, type Progress, sameSequencer, signOf } from './steps.ts';

export interface LivePipelineOptions {
  readonly settings: PipelineSettings;
  /** Port of the S3 endpoint. */
  readonly s3Port: number;
  /** Where renditions are written, and the paths of those that are there, by rendition key. */
  readonly folder: { readonly output: OutputFolder; readonly files: Map<string, string> };
  /** Called whenever something about a delivery changes. */
  readonly onChange: (delivery: Delivery) => void;
  readonly bundle?: string | undefined;
}

/** An object for the upload bucket. */
export interface StudioUpload {
  readonly key: string;
  readonly body: Buffer | Readable;
  readonly bytes: number;
  readonly contentType?: string | undefined;
}

/** The event of an upload, and one of a version before it that got stuck on its way. */
interface Events {
  readonly event: S3Event;
  readonly earlier: S3Event;
}

/** Deliveries that are remembered; older ones are forgotten. */
const MAX_DELIVERIES = 1000;

/** The twin of one preset that keeps running: whatever lands in its upload bucket, by whatever S3 client, is processed. */
export class LivePipeline {
  readonly settings: PipelineSettings;
  readonly twin: Twin;
  readonly s3: S3Client;
  readonly #results: Results;
  readonly #onChange: (delivery: Delivery) => void;
  readonly #deliveries = new Map<number, Delivery>();
  readonly #events = new Map<number, Events>();
  readonly #unfinished = new Map<Delivery, Promise<void>>();
  readonly #arrivals = new EventEmitter();
  /** Keys whose worker is killed as soon as it has claimed them. */
  readonly #condemned = new Set<string>();

  static async start(options: LivePipelineOptions): Promise<LivePipeline> {
    let pipeline: LivePipeline | undefined;
    const onRequest = (request: AwsRequest): void => pipeline?.notice(request);
    const { settings, bundle, s3Port: port } = options;
    const twin = await startTwin({ settings, bundle, aws: { port, onRequest } });
    pipeline = new LivePipeline(options, twin);
    return pipeline;
  }

  private constructor({ settings, folder, onChange }: LivePipelineOptions, twin: Twin) {
    this.settings = settings;
    this.twin = twin;
    this.#onChange = onChange;
    this.#results = new Results(twin, folder, (key) => this.#forgetOriginal(key));
    this.s3 = new S3Client({
      region: settings.region,
      endpoint: twin.endpoints.s3,
      forcePathStyle: true,
      credentials: { accessKeyId: 'studio', secretAccessKey: 'studio' },
    });
  }

  /** What came and what became of it, the oldest first. */
  get deliveries(): readonly Delivery[] {
    return [...this.#deliveries.values()];
  }

  delivery(id: number): Delivery | undefined {
    return this.#deliveries.get(id);
  }

  record(key: string): Promise<LedgerItem | undefined> {
    return this.twin.record(key);
  }

  renditionFile(key: string): string | undefined {
    return this.#results.fileOf(key);
  }

  /** Puts an object into the upload bucket, as any S3 client would; resolves when its event has come. */
  async upload({ key, body, bytes, contentType }: StudioUpload): Promise<Delivery> {
    const given = new AbortController();
    const arrived = once(this.#arrivals, `key ${key}`, { signal: given.signal });
    arrived.catch(() => {});
    try {
      const object = { Bucket: this.twin.resources.uploadBucket, Key: key, ContentType: contentType };
      await this.s3.send(new PutObjectCommand({ ...object, Body: body, ContentLength: bytes }));
      const [delivery] = await arrived;
      return delivery;
    } catch (error) {
      given.abort();
      throw error;
    }
  }

  /** Resolves when a delivery has its outcome. */
  async finished(delivery: Delivery): Promise<void> {
    await this.#unfinished.get(delivery);
  }

  /** Delivers the event of an upload again. */
  repeat(id: number): Promise<void> {
    return this.#deliverAgain(id, 'duplicate', ({ event }) => event);
  }

  /** Delivers the event of a version that was uploaded before this one. */
  deliverLate(id: number): Promise<void> {
    return this.#deliverAgain(id, 'late', ({ earlier }) => earlier);
  }

  /** Kills the worker that claims this key next. */
  condemn(key: string): void {
    this.#condemned.add(key);
  }

  /** Stops every process and server of this preset. */
  async close(): Promise<void> {
    this.s3.destroy();
    await this.twin.close();
    await Promise.allSettled(this.#unfinished.values());
  }

  /** Takes note of a request that passed the embedded AWS. */
  notice(request: AwsRequest): void {
    const sign = signOf(request, this.twin.resources);
    if (sign === undefined) return;
    if (sign.sign === 'uploaded') void this.#receive(sign);
    else this.#advance(sign);
  }

  async #receive({ key, eTag, size, parts }: Arrival): Promise<void> {
    // The answer to a multipart upload has the ETag in its body, and nobody was told the size.
    const object = eTag === undefined || size === undefined ? await this.#head(key) : { eTag, size };
    if (object === undefined) return;
    const eventName = parts ? 'ObjectCreated:CompleteMultipartUpload' : 'ObjectCreated:Put';
    const created = { bucket: this.twin.resources.uploadBucket, key, region: this.settings.region, eventName, ...object } as const;
    const events = { earlier: s3Event(created), event: s3Event(created) };
    const delivery = this.#add('upload', key, object.size, events);
    const detail = reasonNotToFire(key, this.settings.trigger);
    const done = detail === undefined ? this.#deliver(delivery, events.event) : this.#ignore(delivery, detail);
    this.#arrivals.emit(`key ${key}`, delivery);
    await done;
  }

  async #ignore(delivery: Delivery, detail: string): Promise<void> {
    await this.#end(delivery, { key: delivery.key, status: 'ignored', detail, outputs: [], attempts: 0, milliseconds: 0 });
  }

  /** Undefined when it was deleted meanwhile. */
  async #head(key: string): Promise<{ eTag: string | undefined; size: number | undefined } | undefined> {
    const request = new HeadObjectCommand({ Bucket: this.twin.resources.uploadBucket, Key: key });
    const head = await this.s3.send(request).catch(() => undefined);
    return head && { eTag: head.ETag, size: head.ContentLength };
  }

  async #deliverAgain(id: number, kind: Delivery['kind'], pick: (events: Events) => S3Event): Promise<void> {
    const original = this.#deliveries.get(id);
    const events = this.#events.get(id);
    if (original === undefined || events === undefined) return;
    await this.#deliver(this.#add(kind, original.key, original.bytes, { ...events, event: pick(events) }), pick(events));
  }

  #add(kind: Delivery['kind'], key: string, bytes: number | undefined, events: Events): Delivery {
    const delivery = newDelivery(nextId++, { key, kind, bytes });
    this.#deliveries.set(delivery.id, delivery);
    this.#events.set(delivery.id, events);
    for (const [id, old] of this.#deliveries) {
      if (this.#deliveries.size <= MAX_DELIVERIES || !isFinished(old)) break;
      this.#deliveries.delete(id);
      this.#events.delete(id);
    }
    this.#onChange(delivery);
    return delivery;
  }

  #deliver(delivery: Delivery, event: S3Event): Promise<void> {
    const running = this.twin
      .deliver(event)
      .then(async ([result]) => result && this.#end(delivery, result))
      .catch((error: Error) => {
        finish(delivery, { key: delivery.key, status: 'deadLettered', detail: error.message, outputs: [], attempts: 0, milliseconds: 0 });
        this.#onChange(delivery);
      })
      .finally(() => this.#unfinished.delete(delivery))
      .then(() => {});
    this.#unfinished.set(delivery, running);
    return running;
  }

  async #end(delivery: Delivery, result: UploadResult): Promise<void> {
    await this.#results.save(result.outputs);
    finish(delivery, result);
    this.#onChange(delivery);
    const rendered = result.outputs.reduce((sum, { bytes }) => sum + bytes, 0);
    if (delivery.kind === 'upload') await this.#results.keep(delivery.key, (delivery.bytes ?? 0) + rendered);
  }

  #forgetOriginal(key: string): void {
    for (const delivery of this.#deliveries.values()) {
      if (delivery.key !== key) continue;
      delivery.kept = false;
      this.#onChange(delivery);
    }
  }

  #advance(sign: Progress): void {
    const delivery = this.#concerned(sign);
    if (delivery === undefined) return;
    advance(delivery, sign);
    if (sign.sign === 'claimed' && this.#condemned.delete(delivery.key)) void this.#kill(delivery);
    this.#onChange(delivery);
  }

  async #kill(delivery: Delivery): Promise<void> {
    if (await this.twin.crash(delivery.key)) delivery.crashes++;
    delivery.status = 'waiting';
    this.#onChange(delivery);
  }

  /** The delivery that a sign is of. */
  #concerned(sign: Progress): Delivery | undefined {
    const candidates = [...this.#unfinished.keys()];
    if (!('renditionKey' in sign)) return candidates.find(({ id }) => this.#isOf(id, sign.sequencer));
    const { renditions } = this.settings.recipe;
    return candidates.find(
      ({ key, status }) => status === 'working' && renditions.some(({ prefix }) => sign.renditionKey === prefix + key),
    );
  }

  #isOf(id: number, sequencer: string): boolean {
    const [record] = this.#events.get(id)?.event.Records ?? [];
    return record !== undefined && sameSequencer(record.s3.object.sequencer, sequencer);
  }
}

/** Not started anew for another preset, so that a page never takes one photo for another. */
let nextId = 1;
