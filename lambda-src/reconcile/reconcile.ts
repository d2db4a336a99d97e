import { type Item, recordOf } from '../adapters/ledger-item.ts';
import type { ListedObject, Walk } from '../adapters/photo-listing.ts';
import type { HandlerSettings } from '../contract/environment.ts';
import { recipeHash } from '../contract/recipe.ts';
import { reasonToIgnore } from '../events/s3-event.ts';
import { orphans } from './orphans.ts';
import { findingOf, MAX_REPAIRS, photoState, secondsOfRetries } from './photo-state.ts';

/** Numbers of photos that a pass has found. */
export interface Found {
  /** Photos without an effect. */
  readonly missing: number;
  /** Photos that were begun and not finished, or whose message was not sent. */
  readonly stuck: number;
  /** Renditions whose original does not exist. */
  readonly orphaned: number;
}

/** How far a pass has come. */
export interface Progress {
  /** What it compares: `uploads`, or the renditions of a name. */
  readonly part: string;
  /** The last key of an original that it has compared. */
  readonly after: string;
  readonly found: Found;
}

/** Keeps the progress between two runs. */
export interface Bookmark {
  read(): Promise<Progress | undefined>;
  write(progress: Progress): Promise<void>;
}

/** Lists objects and reads records. */
interface Listing {
  objects(walk: Walk): AsyncIterable<readonly ListedObject[]>;
  items(keys: readonly string[]): Promise<ReadonlyMap<string, Item>>;
}

export interface ReconcilerParts {
  readonly settings: HandlerSettings;
  readonly listing: Listing;
  readonly bookmark: Bookmark;
  /** Asks the function to settle a key; absent if a reconciliation only counts. */
  readonly repair?: ((key: string) => Promise<void>) | undefined;
}

/** One run of the reconciler. */
export interface Run {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds until Lambda ends the run. */
  readonly remainingMilliseconds: () => number;
}

export interface Reconciled extends Found {
  /** How many keys this run has handed to the function. */
  readonly handedOver: number;
  /** False if the next run continues the pass. */
  readonly isComplete: boolean;
}

/** For so long after an upload, nothing is missing: retries may be on the way, and S3 may not find an object for up to 15 minutes. */
const LEAST_GRACE_SECONDS = 15 * 60;

/** Time to stop in, in milliseconds: a page with throttled reads takes about ten seconds. */
const RESERVE_MILLISECONDS = 45_000;

/** A run that dies loses so many pages of its progress at most. */
const PAGES_PER_BOOKMARK = 50;

const REPAIRS_AT_ONCE = 10;

const NOTHING: Found = { missing: 0, stuck: 0, orphaned: 0 };
const UPLOADS = 'uploads';

/** One page of a part, compared. */
interface ComparedPage {
  readonly part: string;
  readonly lastKey: string;
  readonly found: Found;
  /** Keys whose current version, or its absence, is to be settled. */
  readonly keys: readonly string[];
}

/**
 * Compares the bucket with the records, and the renditions with the bucket, page by page. Stops in time and continues in the next run. Every key
 * that is handed to the function is an event of its own, which is announced and repeats no effect (docs/one-effect.md).
 */
export async function reconcile(parts: ReconcilerParts, run: Run): Promise<Reconciled> {
  const { bookmark } = parts;
  const begun = await bookmark.read();
  let progress = begun !== undefined && partsOf(parts.settings).includes(begun.part) ? begun : { part: UPLOADS, after: '', found: NOTHING };
  let handedOver = 0;
  let pages = 0;
  for await (const { part, lastKey, found, keys } of comparedPages(parts, progress, run.now)) {
    handedOver += await handOver(keys.slice(0, MAX_REPAIRS - handedOver), parts.repair);
    progress = { part, after: lastKey, found: sum(progress.found, found) };
    pages += 1;
    const isOver = run.remainingMilliseconds() < RESERVE_MILLISECONDS;
    if (isOver || pages % PAGES_PER_BOOKMARK === 0) await bookmark.write(progress);
    if (isOver) return { ...progress.found, handedOver, isComplete: false };
  }
  await bookmark.write({ part: UPLOADS, after: '', found: NOTHING });
  return { ...progress.found, handedOver, isComplete: true };
}

function partsOf({ recipe }: HandlerSettings): string[] {
  return [UPLOADS, ...recipe.renditions.map(({ name }) => `renditions ${name}`)];
}

async function* comparedPages(parts: ReconcilerParts, from: Progress, now: () => number): AsyncGenerator<ComparedPage> {
  const all = partsOf(parts.settings);
  for (const part of all.slice(all.indexOf(from.part))) {
    const after = part === from.part ? from.after : '';
    const rendition = parts.settings.recipe.renditions[all.indexOf(part) - 1];
    for await (const page of rendition === undefined ? uploadPages(parts, after, now) : orphans(parts, rendition, after)) {
      yield { part, ...page };
    }
  }
}

async function* uploadPages({ settings, listing }: ReconcilerParts, startAfter: string, now: () => number) {
  const { uploadBucket: bucket, triggerPrefix: prefix, leaseSeconds } = settings;
  const graceSeconds = Math.max(LEAST_GRACE_SECONDS, secondsOfRetries(leaseSeconds));
  const circumstances = { recipeHash: recipeHash(settings.recipe), leaseSeconds, graceSeconds };
  for await (const page of listing.objects({ bucket, prefix, startAfter })) {
    const uploads = page.filter(({ key }) => reasonToIgnore('created', bucket, key, settings) === undefined);
    const items = await listing.items(uploads.map(({ key }) => key));
    const findings = uploads.map((upload) => {
      const item = items.get(upload.key);
      return { key: upload.key, finding: findingOf(photoState(upload, item && recordOf(item), { ...circumstances, now: now() })) };
    });
    const keysOf = (wanted: 'missing' | 'stuck') => findings.filter(({ finding }) => finding === wanted).map(({ key }) => key);
    const [missing, stuck] = [keysOf('missing'), keysOf('stuck')];
    const found = { ...NOTHING, missing: missing.length, stuck: stuck.length };
    yield { lastKey: page.at(-1)?.key ?? '', found, keys: [...missing, ...stuck] };
  }
}

async function handOver(keys: readonly string[], repair: ReconcilerParts['repair']): Promise<number> {
  if (repair === undefined) return 0;
  for (let done = 0; done < keys.length; done += REPAIRS_AT_ONCE) {
    await Promise.all(keys.slice(done, done + REPAIRS_AT_ONCE).map(repair));
  }
  return keys.length;
}

function sum(a: Found, b: Found): Found {
  return { missing: a.missing + b.missing, stuck: a.stuck + b.stuck, orphaned: a.orphaned + b.orphaned };
}
