import { setTimeout as delay } from 'node:timers/promises';
import { localDeployment } from '../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import type { Recipe } from '../../lambda-src/contract/recipe.ts';
import type { Mail } from '../aws/mail-queue.ts';
import type { OutputFolder } from '../run/output-folder.ts';
import { countIn, type Delivery, isFinished, MAX_MAILS, type Totals, zeroTotals } from './delivery.ts';
import { LivePipeline } from './live-pipeline.ts';
import type { PresetState } from './preset-state.ts';
import type { StateFolder } from './state-folder.ts';

export interface StudioOptions {
  readonly preset: PresetName;
  /** Whether HEIC photos are decoded. Default false. */
  readonly heic?: boolean | undefined;
  /** Port of the S3 endpoint; 0 for a free one. It stays the same when the preset changes. */
  readonly s3Port: number;
  /** Where renditions are written. */
  readonly output: OutputFolder;
  /** Saves the state of each preset for the next run. Default: it is lost when the studio stops or switches presets. */
  readonly state?: StateFolder | undefined;
  /** Called once for each delivery that has an outcome. */
  readonly onOutcome?: ((delivery: Delivery) => void) | undefined;
  /** Called whenever a preset has started. */
  readonly onStart?: ((pipeline: LivePipeline) => void) | undefined;
  readonly bundle?: string | undefined;
}

/** Everything the page shows. */
export interface Snapshot {
  readonly preset: PresetName;
  readonly presets: readonly PresetName[];
  readonly s3: { readonly endpoint: string; readonly uploadBucket: string; readonly outputBucket: string | undefined };
  readonly trigger: { readonly prefix: string; readonly suffixes: readonly string[] };
  readonly recipe: Recipe;
  readonly maxBytes: number;
  readonly deliveries: readonly Delivery[];
  readonly mails: readonly Mail[];
  readonly totals: Totals;
}

/** What changed since the last snapshot or change; totals are complete. */
export type Change = Pick<Snapshot, 'deliveries' | 'mails' | 'totals'>;

/** Receives everything once, and then the changes. After a switch of the preset, it receives everything again. */
type Subscriber = (...event: [name: 'snapshot', everything: Snapshot] | [name: 'change', change: Change]) => void;

/** Changes are sent together at this interval: one message per change of hundreds of photos would overload the page. */
const SEND_EVERY_MILLISECONDS = 100;

/** Runs the pipeline of one preset at a time and sends its changes to subscribers. */
export class Studio {
  readonly #options: StudioOptions;
  readonly #files = new Map<string, string>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #changed = new Set<Delivery>();
  readonly #counted = new WeakSet<Delivery>();
  #preset: PresetName;
  #pipeline: LivePipeline | undefined;
  #state: PresetState | undefined;
  #lastId: number;
  #s3Port: number;
  #switching: Promise<void> = Promise.resolve();
  #mails: readonly Mail[] = [];
  #totals = zeroTotals();
  #sending = false;
  #closed = false;

  static async start(options: StudioOptions): Promise<Studio> {
    const studio = new Studio(options);
    await studio.#startPipeline();
    return studio;
  }

  private constructor(options: StudioOptions) {
    this.#options = options;
    this.#preset = options.preset;
    this.#lastId = options.state?.lastId ?? 0;
    this.#s3Port = options.s3Port;
  }

  /** The running pipeline; undefined while the preset is being switched. */
  get pipeline(): LivePipeline | undefined {
    return this.#pipeline;
  }

  /** Sends everything now and every change from now on. Returns a function that ends the subscription. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    const snapshot = this.snapshot();
    if (snapshot !== undefined) subscriber('snapshot', snapshot);
    return () => this.#subscribers.delete(subscriber);
  }

  snapshot(): Snapshot | undefined {
    if (this.#pipeline === undefined) return undefined;
    const { settings, localPipeline, list } = this.#pipeline;
    const { uploadBucket, outputBucket } = localPipeline.resources;
    return {
      preset: this.#preset,
      presets: PRESET_NAMES,
      s3: { endpoint: localPipeline.endpoints.s3, uploadBucket, outputBucket },
      trigger: settings.trigger,
      recipe: settings.recipe,
      maxBytes: settings.limits.maxBytes,
      deliveries: list.all,
      mails: this.#mails,
      totals: this.#totals,
    };
  }

  /** Stops the pipeline and starts that of another preset, with its saved state if there is one. */
  switchTo(preset: PresetName): Promise<void> {
    // A switch that failed, such as for a port that was taken meanwhile, does not prevent the next.
    this.#switching = this.#switching
      .catch(() => {})
      .then(async () => {
        if (this.#closed) return;
        await this.#stopPipeline();
        this.#preset = preset;
        await this.#startPipeline();
      });
    return this.#switching;
  }

  /** Stops every process. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#switching.catch(() => {});
    await this.#stopPipeline();
  }

  async #startPipeline(): Promise<void> {
    const { output, bundle, heic = false, onStart } = this.#options;
    this.#state = this.#options.state?.of(this.#preset);
    const saved = await this.#state?.load();
    for (const { delivery } of saved?.finished ?? []) this.#counted.add(delivery);
    this.#mails = saved?.mails ?? [];
    this.#totals = saved?.totals ?? zeroTotals();
    this.#pipeline = await LivePipeline.start({
      settings: localDeployment(this.#preset, { heic }),
      s3Port: this.#s3Port,
      folder: { output, files: this.#files },
      resumed: this.#state && saved && { state: this.#state, saved },
      bundle,
      nextId: () => ++this.#lastId,
      onChange: (delivery) => this.#note(delivery),
    });
    this.#s3Port = Number(new URL(this.#pipeline.localPipeline.endpoints.s3).port);
    onStart?.(this.#pipeline);
    const snapshot = this.snapshot();
    if (snapshot !== undefined) for (const subscriber of this.#subscribers) subscriber('snapshot', snapshot);
    if (saved === undefined) return;
    await this.#pipeline.resume(saved);
    await this.#state?.forget(saved.interrupted);
  }

  async #stopPipeline(): Promise<void> {
    const pipeline = this.#pipeline;
    await pipeline?.settled();
    await this.#sendChanges();
    // Deliveries that end only because the pipeline is closed have no outcome and are not reported.
    this.#pipeline = undefined;
    await pipeline?.close();
    this.#changed.clear();
  }

  #note(delivery: Delivery): void {
    if (this.#pipeline === undefined) return;
    this.#changed.add(delivery);
    if (isFinished(delivery) && !this.#counted.has(delivery)) {
      this.#counted.add(delivery);
      countIn(this.#totals, delivery);
      this.#options.onOutcome?.(delivery);
    }
    void this.#sendSoon();
  }

  async #sendSoon(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    await delay(SEND_EVERY_MILLISECONDS);
    this.#sending = false;
    await this.#sendChanges();
  }

  /** Sends what changed to the subscribers, and saves it. */
  async #sendChanges(): Promise<void> {
    const pipeline = this.#pipeline;
    if (pipeline === undefined) return;
    const deliveries = [...this.#changed];
    this.#changed.clear();
    const mails = deliveries.some(isFinished) ? await this.#newMails(pipeline) : [];
    for (const subscriber of this.#subscribers) subscriber('change', { deliveries, mails, totals: this.#totals });
    const changed = deliveries.map(({ id }) => pipeline.list.get(id)).filter((each) => each !== undefined);
    await this.#state?.save(changed, { mails: this.#mails, totals: this.#totals });
  }

  async #newMails(pipeline: LivePipeline): Promise<readonly Mail[]> {
    // Fails while the preset is being switched; those messages are dropped with it.
    const mails = await pipeline.localPipeline.notifications().catch(() => []);
    this.#totals.mails += mails.length;
    this.#mails = [...this.#mails, ...mails].slice(-MAX_MAILS);
    return mails;
  }
}
