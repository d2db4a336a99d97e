import { EventEmitter, once } from 'node:events';
import { S3Client } from '@aws-sdk/client-s3';
import type { PipelineSettings } from '../../config/settings.ts';
import type { AwsRequest } from '../aws/aws-requests.ts';
import { type S3Event, s3Event } from '../aws/s3-event.ts';
import type { UploadResult } from '../function/delivery-results.ts';
import { type LocalPipeline, reasonNotToFire, startLocalPipeline } from '../local-pipeline.ts';
import type { OutputFolder } from '../run/output-folder.ts';
import { advance, type Delivery, finish } from './delivery.ts';
import { DeliveryList, type Events } from './delivery-list.ts';
import { KeptObjects } from './kept-objects.ts';
import type { Memory, PresetState } from './preset-state.ts';
import { Results } from './results.ts';
import { type Arrival, type Progress, signOf } from './steps.ts';
import { type StudioUpload, UploadBucket } from './upload-bucket.ts';

export interface LivePipelineOptions {
  readonly settings: PipelineSettings;
  /** Port of the S3 endpoint. */
  readonly s3Port: number;
  /** Where renditions are written, and the paths of those that are there, by rendition key. */
  readonly folder: { readonly output: OutputFolder; readonly files: Map<string, string> };
  /** What keeps everything for the next start, and what it has from the one before. Default: nothing is kept. */
  readonly kept?: { readonly state: PresetState; readonly memory: Memory } | undefined;
  /** Numbers a delivery: no two that a page may meet are the same, whatever their preset. */
  readonly nextId: () => number;
  /** Called whenever something about a delivery changes. */
  readonly onChange: (delivery: Delivery) => void;
  readonly bundle?: string | undefined;
}

/** The local pipeline of one preset that keeps running: whatever lands in its upload bucket, by whatever S3 client, is processed. */
export class LivePipeline {
  readonly settings: PipelineSettings;
  readonly localPipeline: LocalPipeline;
  readonly uploads: UploadBucket;
  /** What came and what became of it. */
  readonly list: DeliveryList;
  readonly results: Results;
  readonly #s3: S3Client;
  readonly #onChange: (delivery: Delivery) => void;
  readonly #nextId: () => number;
  readonly #objects: KeptObjects | undefined;
  readonly #unfinished = new Map<Delivery, Promise<void>>();
  readonly #arrivals = new EventEmitter();
  /** Keys whose worker is killed as soon as it has claimed them. */
  readonly #condemned = new Set<string>();

  static async start(options: LivePipelineOptions): Promise<LivePipeline> {
    let pipeline: LivePipeline | undefined;
    const onRequest = (request: AwsRequest): void => pipeline?.notice(request);
    const { settings, bundle, s3Port: port, kept } = options;
    const localPipeline = await startLocalPipeline({ settings, bundle, aws: { port, onRequest, tables: kept?.state.tables } });
    const started = new LivePipeline(options, localPipeline);
    if (kept !== undefined) await started.#restore(kept.memory);
    pipeline = started;
    return started;
  }

  private constructor({ settings, folder, kept, nextId, onChange }: LivePipelineOptions, localPipeline: LocalPipeline) {
    this.settings = settings;
    this.localPipeline = localPipeline;
    this.#nextId = nextId;
    this.list = new DeliveryList(kept?.memory.finished ?? []);
    this.#onChange = onChange;
    this.results = new Results(localPipeline, folder);
    this.#s3 = new S3Client({
      region: settings.region,
      endpoint: localPipeline.endpoints.s3,
      forcePathStyle: true,
      credentials: { accessKeyId: 'studio', secretAccessKey: 'studio' },
    });
    this.uploads = new UploadBucket(this.#s3, localPipeline.resources.uploadBucket);
    this.#objects = kept && new KeptObjects(this.#s3, kept.state);
  }

  /** Puts an object into the upload bucket, as any S3 client would; resolves when its event has come. */
  async upload(object: StudioUpload): Promise<Delivery> {
    const given = new AbortController();
    const arrived = once(this.#arrivals, `key ${object.key}`, { signal: given.signal });
    arrived.catch(() => {});
    try {
      await this.uploads.put(object);
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

  /** Uploads once more what the end of the studio interrupted: its event has died with the workers. */
  async resume({ interrupted }: Memory): Promise<void> {
    const keys = new Set(interrupted.map(({ delivery }) => delivery.key));
    // One whose original was not kept in time is lost, as if the upload had been cut off.
    await Promise.allSettled([...keys].map((key) => this.uploads.putAgain(key)));
  }

  /** Resolves when all objects that changed so far are kept for the next start. */
  async settled(): Promise<void> {
    await this.#objects?.settled();
  }

  /** Stops every process and server of this preset. */
  async close(): Promise<void> {
    this.#s3.destroy();
    await this.localPipeline.close();
    await Promise.allSettled(this.#unfinished.values());
  }

  /** Takes note of a request that passed the embedded AWS. */
  notice(request: AwsRequest): void {
    this.#objects?.follow(request);
    const sign = signOf(request, this.localPipeline.resources);
    if (sign === undefined) return;
    if (sign.sign === 'uploaded') void this.#receive(sign);
    else if (sign.sign === 'removed') this.#forgetOriginal(sign.key);
    else this.#advance(sign);
  }

  async #receive({ key, eTag, size, parts }: Arrival): Promise<void> {
    // The answer to a multipart upload has the ETag in its body, and nobody was told the size.
    const object = eTag === undefined || size === undefined ? await this.uploads.head(key) : { eTag, size };
    if (object === undefined) return;
    const eventName = parts ? 'ObjectCreated:CompleteMultipartUpload' : 'ObjectCreated:Put';
    const created = { bucket: this.localPipeline.resources.uploadBucket, key, region: this.settings.region, eventName, ...object } as const;
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

  async #deliverAgain(id: number, kind: Delivery['kind'], pick: (events: Events) => S3Event): Promise<void> {
    const original = this.list.get(id);
    if (original === undefined) return;
    const { delivery, events } = original;
    await this.#deliver(this.#add(kind, delivery.key, delivery.bytes, { ...events, event: pick(events) }), pick(events));
  }

  #add(kind: Delivery['kind'], key: string, bytes: number | undefined, events: Events): Delivery {
    const delivery = this.list.add(this.#nextId(), { key, kind, bytes }, events);
    this.#onChange(delivery);
    return delivery;
  }

  #deliver(delivery: Delivery, event: S3Event): Promise<void> {
    const running = this.localPipeline
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
    await this.results.save(result.outputs);
    finish(delivery, result);
    this.#onChange(delivery);
    await this.results.keep(delivery);
  }

  /** Puts back what stood in the buckets when the studio was stopped. */
  async #restore({ interrupted }: Memory): Promise<void> {
    const { uploadBucket, outputBucket } = this.localPipeline.resources;
    const kept = this.list.all.filter((delivery) => delivery.kept);
    const originals = [...kept, ...interrupted.map(({ delivery }) => delivery)].map(({ key }) => `${uploadBucket}/${key}`);
    const renditions = this.list.all.flatMap(({ outputs }) => outputs).map(({ key }) => `${outputBucket}/${key}`);
    const standing = (await this.#objects?.restore(new Set([...originals, ...renditions]))) ?? new Set();
    for (const delivery of this.list.all) {
      delivery.kept &&= standing.has(`${uploadBucket}/${delivery.key}`);
      await this.results.restore(delivery, ({ key }) => standing.has(`${outputBucket}/${key}`));
    }
  }

  #forgetOriginal(key: string): void {
    this.results.forget(key);
    for (const delivery of this.list.all) {
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
    if (await this.localPipeline.crash(delivery.key)) delivery.crashes++;
    delivery.status = 'waiting';
    this.#onChange(delivery);
  }

  /** The delivery that a sign is of. */
  #concerned(sign: Progress): Delivery | undefined {
    const candidates = [...this.#unfinished.keys()];
    if (!('renditionKey' in sign)) return candidates.find(({ id }) => this.list.isOf(id, sign.sequencer));
    const { renditions } = this.settings.recipe;
    return candidates.find(
      ({ key, status }) => status === 'working' && renditions.some(({ prefix }) => sign.renditionKey === prefix + key),
    );
  }
}
