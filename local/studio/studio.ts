import { setTimeout as delay } from 'node:timers/promises';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import type { Recipe } from '../../lambda-src/recipe.ts';
import type { Mail } from '../mail-queue.ts';
import type { OutputFolder } from '../output-folder.ts';
import { type Delivery, isFinished } from './delivery.ts';
import { LivePipeline } from './live-pipeline.ts';
import { countIn, type Totals, totalsAtStart } from './totals.ts';

export interface StudioOptions {
  readonly preset: PresetName;
  /** Port of the S3 endpoint; it stays the same when the preset changes. */
  readonly s3Port: number;
  /** Where renditions are written. */
  readonly output: OutputFolder;
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
type Change = Pick<Snapshot, 'deliveries' | 'mails' | 'totals'>;

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
  #switching: Promise<void> = Promise.resolve();
  #mails: Mail[] = [];
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
    const { settings, twin, deliveries } = this.#pipeline;
    const { uploadBucket, outputBucket } = twin.resources;
    return {
      preset: this.#preset,
      presets: PRESET_NAMES,
      s3: { endpoint: twin.endpoints.s3, uploadBucket, outputBucket },
      trigger: settings.trigger,
      recipe: settings.recipe,
      maxBytes: settings.limits.maxBytes,
      deliveries,
      mails: this.#mails,
      totals: this.#totals,
    };
  }

  /** Stops the pipeline and starts that of another preset, with empty buckets. */
  switchTo(preset: PresetName): Promise<void> {
    this.#switching = this.#switching.then(async () => {
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
    const { s3Port, output, bundle, onStart } = this.#options;
    const settings = deploymentOf(this.#preset, 'dev', 'x86_64');
    const folder = { output, files: this.#files };
    this.#pipeline = await LivePipeline.start({ settings, s3Port, folder, bundle, onChange: (delivery) => this.#note(delivery) });
    this.#mails = [];
    this.#totals = totalsAtStart();
    onStart?.(this.#pipeline);
    const snapshot = this.snapshot();
    if (snapshot !== undefined) for (const watcher of this.#watchers) watcher.snapshot(snapshot);
  }

  async #stopPipeline(): Promise<void> {
    const pipeline = this.#pipeline;
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
    const deliveries = [...this.#changed];
    this.#changed.clear();
    const mails = deliveries.some(isFinished) ? await this.#newMails() : [];
    for (const watcher of this.#watchers) watcher.change({ deliveries, mails, totals: this.#totals });
  }

  async #newMails(): Promise<readonly Mail[]> {
    // Taking fails when the preset is changed at this very moment; those mails are nobody's any more.
    const mails = (await this.#pipeline?.twin.notifications().catch(() => [])) ?? [];
    this.#totals.mails += mails.length;
    this.#mails = [...this.#mails, ...mails].slice(-MAX_MAILS);
    return mails;
  }
}
