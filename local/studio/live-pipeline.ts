import { EventEmitter, once } from 'node:events';
import type { PipelineSettings } from '../../config/settings.ts';
import { renditionKey } from '../../lambda-src/contract/rendition-key.ts';
import type { AwsRequest } from '../aws/aws-requests.ts';
import { type S3Event, s3Event } from '../aws/s3-event.ts';
import { type UploadResult, unhandled } from '../function/delivery-results.ts';
import { type LocalPipeline, reasonNotToFire, startLocalPipeline } from '../local-pipeline.ts';
import type { OutputFolder } from '../run/output-folder.ts';
import { advance, type Delivery, DeliveryList, type Events, finish } from './delivery.ts';
import { KeptObjects } from './kept-objects.ts';
import type { PresetState, SavedPreset } from './preset-state.ts';
import { progressEventOf, type StepEvent, type Uploaded } from './progress-events.ts';
import { Results } from './results.ts';
import { type StudioUpload, UploadBucket } from './upload-bucket.ts';

export interface LivePipelineOptions {
  readonly settings: PipelineSettings;
  /** Port of the S3 endpoint. */
  readonly s3Port: number;
  /** Where renditions are written, and the paths of those written so far, by rendition key. */
  readonly folder: { readonly output: OutputFolder; readonly files: Map<string, string> };
  /** Where to save the state, and what was saved by the last run. Default: nothing is saved. */
  readonly resumed?: { readonly state: PresetState; readonly saved: SavedPreset } | undefined;
  /** Returns an id that is unique across presets. */
  readonly nextId: () => number;
  /** Called whenever a delivery changes. */
  readonly onChange: (delivery: Delivery) => void;
  readonly bundle?: string | undefined;
}

/** The local pipeline of one preset, kept running: it processes whatever any S3 client puts into its upload bucket. */
export class LivePipeline {
  readonly settings: PipelineSettings;
  readonly localPipeline: LocalPipeline;
  readonly uploads: UploadBucket;
  readonly list: DeliveryList;
  readonly results: Results;
  readonly #onChange: (delivery: Delivery) => void;
  readonly #nextId: () => number;
  readonly #objects: KeptObjects | undefined;
  readonly #unfinished = new Map<Delivery, Promise<void>>();
  readonly #arrivals = new EventEmitter();
  /** Keys whose worker is killed as soon as it has claimed them. */
  readonly #killOnClaim = new Set<string>();

  static async start(options: LivePipelineOptions): Promise<LivePipeline> {
    let pipeline: LivePipeline | undefined;
    const onRequest = (request: AwsRequest): void => pipeline?.observe(request);
    const { settings, bundle, s3Port: port, resumed } = options;
    const localPipeline = await startLocalPipeline({ settings, bundle, aws: { port, onRequest, tables: resumed?.state.tables } });
    const started = new LivePipeline(options, localPipeline);
    if (resumed !== undefined) await started.#restore(resumed.saved);
    pipeline = started;
    return started;
  }

  private constructor({ settings, folder, resumed, nextId, onChange }: LivePipelineOptions, localPipeline: LocalPipeline) {
    this.settings = settings;
    this.localPipeline = localPipeline;
    this.#nextId = nextId;
    this.list = new DeliveryList(resumed?.saved.finished ?? []);
    this.#onChange = onChange;
    this.results = new Results(localPipeline, folder);
    this.uploads = new UploadBucket(localPipeline.s3, localPipeline.resources.uploadBucket);
    this.#objects = resumed && new KeptObjects(localPipeline.s3, resumed.state);
  }

  /** Puts an object into the upload bucket, as any S3 client would. Resolves when its event has arrived. */
  async upload(object: StudioUpload): Promise<Delivery> {
    const abandoned = new AbortController();
    const arrived = once(this.#arrivals, `key ${object.key}`, { signal: abandoned.signal });
    arrived.catch(() => {});
    try {
      await this.uploads.put(object);
      const [delivery] = await arrived;
      return delivery;
    } catch (error) {
      abandoned.abort();
      throw error;
    }
  }

  /** Resolves when the delivery has an outcome. */
  async finished(delivery: Delivery): Promise<void> {
    await this.#unfinished.get(delivery);
  }

  /** Delivers the event of an upload once more, or the delayed event of a version before it. */
  async deliverAgain(id: number, kind: 'duplicate' | 'late'): Promise<void> {
    const original = this.list.get(id);
    if (original === undefined) return;
    const { delivery, events } = original;
    const event = kind === 'duplicate' ? events.event : events.earlier;
    await this.#deliver(this.#add(kind, delivery.key, delivery.bytes, { ...events, event }), event);
  }

  /** Kills the worker that claims this key next. */
  killOnClaim(key: string): void {
    this.#killOnClaim.add(key);
  }

  /** Uploads again what was in flight when the studio was stopped: its events were lost with the workers. */
  async resume({ interrupted }: SavedPreset): Promise<void> {
    const keys = new Set(interrupted.map(({ delivery }) => delivery.key));
    // An original that was not saved in time is lost, as if its upload had been cut off.
    await Promise.allSettled([...keys].map((key) => this.uploads.putAgain(key)));
  }

  /** Resolves when every object that has changed so far is saved. */
  async settled(): Promise<void> {
    await this.#objects?.settled();
  }

  /** Stops every process and server of this preset. */
  async close(): Promise<void> {
    await this.localPipeline.close();
    await Promise.allSettled(this.#unfinished.values());
  }

  /** Derives progress from a request to the embedded AWS. */
  observe(request: AwsRequest): void {
    this.#objects?.follow(request);
    const event = progressEventOf(request, this.localPipeline.resources);
    if (event === undefined) return;
    if (event.type === 'uploaded') void this.#receive(event);
    else if (event.type === 'removed') this.#forgetOriginal(event.key);
    else this.#advance(event);
  }

  async #receive({ key, eTag, size, isMultipart }: Uploaded): Promise<void> {
    // The response to a multipart upload has the ETag in its body, and no size.
    const object = eTag === undefined || size === undefined ? await this.uploads.head(key) : { eTag, size };
    if (object === undefined) return;
    const eventName = isMultipart ? 'ObjectCreated:CompleteMultipartUpload' : 'ObjectCreated:Put';
    const created = { bucket: this.localPipeline.resources.uploadBucket, key, region: this.settings.region, eventName, ...object } as const;
    const events = { earlier: s3Event(created), event: s3Event(created) };
    const delivery = this.#add('upload', key, object.size, events);
    const detail = reasonNotToFire(key, this.settings.trigger);
    const done = detail === undefined ? this.#deliver(delivery, events.event) : this.#end(delivery, unhandled(key, 'ignored', detail));
    this.#arrivals.emit(`key ${key}`, delivery);
    await done;
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
        finish(delivery, unhandled(delivery.key, 'deadLettered', error.message));
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

  /** Restores the buckets as they were when the studio was stopped. */
  async #restore({ interrupted }: SavedPreset): Promise<void> {
    const { uploadBucket, outputBucket } = this.localPipeline.resources;
    const kept = this.list.all.filter((delivery) => delivery.kept);
    const originals = [...kept, ...interrupted.map(({ delivery }) => delivery)].map(({ key }) => `${uploadBucket}/${key}`);
    const renditions = this.list.all.flatMap(({ outputs }) => outputs).map(({ key }) => `${outputBucket}/${key}`);
    const restored = (await this.#objects?.restore(new Set([...originals, ...renditions]))) ?? new Set();
    for (const delivery of this.list.all) {
      delivery.kept &&= restored.has(`${uploadBucket}/${delivery.key}`);
      await this.results.restore(delivery, ({ key }) => restored.has(`${outputBucket}/${key}`));
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

  #advance(event: StepEvent): void {
    const delivery = this.#deliveryOf(event);
    if (delivery === undefined) return;
    advance(delivery, event);
    if (event.type === 'claimed' && this.#killOnClaim.delete(delivery.key)) void this.#kill(delivery);
    this.#onChange(delivery);
  }

  async #kill(delivery: Delivery): Promise<void> {
    if (await this.localPipeline.crash(delivery.key)) delivery.crashes++;
    delivery.status = 'waiting';
    this.#onChange(delivery);
  }

  /** The unfinished delivery that made this progress. */
  #deliveryOf(event: StepEvent): Delivery | undefined {
    const candidates = [...this.#unfinished.keys()];
    if (event.type !== 'stored') return candidates.find(({ id }) => this.list.isOf(id, event.sequencer));
    const { renditions } = this.settings.recipe;
    return candidates.find(
      ({ key, status }) => status === 'working' && renditions.some((rendition) => event.renditionKey === renditionKey(rendition, key)),
    );
  }
}
