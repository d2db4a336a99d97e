import { setTimeout as delay } from 'node:timers/promises';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import type { Recipe } from '../../lambda-src/contract/recipe.ts';
import type { Mail } from '../aws/mail-queue.ts';
import type { OutputFolder } from '../run/output-folder.ts';
import { type Delivery, isFinished } from './delivery.ts';
import { LivePipeline } from './live-pipeline.ts';
import type { PresetState } from './preset-state.ts';
import type { StateFolder } from './state-folder.ts';
import { countIn, type Totals, totalsAtStart } from './totals.ts';

export interface StudioOptions {
  readonly preset: PresetName;
  /** Port of the S3 endpoint; 0 for a free one. It stays the same when the preset changes. */
  readonly s3Port: number;
  /** Where renditions are written. */
  readonly output: OutputFolder;
  /** Keeps everything from one start to the next, for each preset. Default: it is gone with the studio or the preset. */
  readonly state?: StateFolder | undefined;
  /** Called once for everything that has an outcome. */
  readonly onOutcome?: ((delivery: Delivery) => void) | undefined;
  /** Called with the address of S3 whenever a preset was started. */
  readonly onStart?: ((pipeline: LivePipeline) => void) | undefined;
  readonly bundle?: string | undefined;
}

/** All that a page shows. */
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

/** What changed since the last time. */
export type Change = Pick<Snapshot, 'deliveries' | 'mails' | 'totals'>;

/** Somebody who watches. */
export interface Watcher {
  snapshot(snapshot: Snapshot): void;
  change(change: Change): void;
}

/** Mails that are remembered. */
const MAX_MAILS = 100;

/** Changes are told in one piece this often: hundreds of photos at once would drown a page in messages. */
const TELL_EVERY_MILLISECONDS = 100;

/** The pipeline of one preset at a time, and those who watch it. */
export class Studio {
  readonly #options: StudioOptions;
  readonly #files = new Map<string, string>();
  readonly #watchers = new Set<Watcher>();
  readonly #changed = new Set<Delivery>();
  readonly #told = new WeakSet<Delivery>();
  #preset: PresetName;
  #pipeline: LivePipeline | undefined;
  #state: PresetState | undefined;
  #lastId: number;
  #s3Port: number;
  #switching: Promise<void> = Promise.resolve();
  #mails: readonly Mail[] = [];
  #totals = totalsAtStart();
  #telling = false;
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

  /** The running pipeline; undefined while the preset is being changed. */
  get pipeline(): LivePipeline | undefined {
    return this.#pipeline;
  }

  /** Shows everything now and every change from now on; the answer stops that. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    const snapshot = this.snapshot();
    if (snapshot !== undefined) watcher.snapshot(snapshot);
    return () => this.#watchers.delete(watcher);
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

  /** Stops the pipeline and starts that of another preset, with empty buckets or with what was kept of it. */
  switchTo(preset: PresetName): Promise<void> {
    // One that failed, as its port was taken meanwhile, can be tried again.
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

  /** Leaves no process behind. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#switching.catch(() => {});
    await this.#stopPipeline();
  }

  async #startPipeline(): Promise<void> {
    const { output, bundle, onStart } = this.#options;
    this.#state = this.#options.state?.of(this.#preset);
    const memory = await this.#state?.load();
    for (const { delivery } of memory?.finished ?? []) this.#told.add(delivery);
    this.#mails = memory?.mails ?? [];
    this.#totals = memory?.totals ?? totalsAtStart();
    this.#pipeline = await LivePipeline.start({
      settings: deploymentOf(this.#preset, 'dev', 'x86_64'),
      s3Port: this.#s3Port,
      folder: { output, files: this.#files },
      kept: this.#state && memory && { state: this.#state, memory },
      bundle,
      nextId: () => ++this.#lastId,
      onChange: (delivery) => this.#note(delivery),
    });
    this.#s3Port = Number(new URL(this.#pipeline.localPipeline.endpoints.s3).port);
    onStart?.(this.#pipeline);
    const snapshot = this.snapshot();
    if (snapshot !== undefined) for (const watcher of this.#watchers) watcher.snapshot(snapshot);
    if (memory === undefined) return;
    await this.#pipeline.resume(memory);
    await this.#state?.forget(memory.interrupted);
  }

  async #stopPipeline(): Promise<void> {
    const pipeline = this.#pipeline;
    await pipeline?.settled();
    await this.#passOn();
    // What ends only because the pipeline does is not an outcome, and nobody is told of it.
    this.#pipeline = undefined;
    await pipeline?.close();
    this.#changed.clear();
  }

  #note(delivery: Delivery): void {
    if (this.#pipeline === undefined) return;
    this.#changed.add(delivery);
    if (isFinished(delivery) && !this.#told.has(delivery)) {
      this.#told.add(delivery);
      countIn(this.#totals, delivery);
      this.#options.onOutcome?.(delivery);
    }
    void this.#tell();
  }

  async #tell(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    await delay(TELL_EVERY_MILLISECONDS);
    this.#telling = false;
    await this.#passOn();
  }

  /** Tells those who watch, and the state, of what changed. */
  async #passOn(): Promise<void> {
    const pipeline = this.#pipeline;
    if (pipeline === undefined) return;
    const deliveries = [...this.#changed];
    this.#changed.clear();
    const mails = deliveries.some(isFinished) ? await this.#newMails(pipeline) : [];
    for (const watcher of this.#watchers) watcher.change({ deliveries, mails, totals: this.#totals });
    const changed = deliveries.map(({ id }) => pipeline.list.get(id)).filter((each) => each !== undefined);
    await this.#state?.save(changed, { mails: this.#mails, totals: this.#totals });
  }

  async #newMails(pipeline: LivePipeline): Promise<readonly Mail[]> {
    // Taking fails when the preset is changed at this very moment; those mails are nobody's any more.
    const mails = await pipeline.localPipeline.notifications().catch(() => []);
    this.#totals.mails += mails.length;
    this.#mails = [...this.#mails, ...mails].slice(-MAX_MAILS);
    return mails;
  }
}
