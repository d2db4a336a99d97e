import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import { PHOTO_STATES, type PhotoState } from '../../lambda-src/reconcile/photo-state.ts';
import type { InspectedPage, InspectedPhoto } from './inspection.ts';
import { describeState } from './photo-state.ts';

/** The photos of one state. */
export interface StateCount {
  readonly count: number;
  /** The first keys; the others are only counted. */
  readonly keys: readonly string[];
}

/** The photos found, by state in a fixed order. */
export interface Findings {
  readonly objects: number;
  /** Number of objects that do not match the trigger. */
  readonly ignored: number;
  /** Number of objects that the trigger's suffixes exclude, by extension (`''` for none), most frequent first. */
  readonly excludedExtensions: Readonly<Record<string, number>>;
  readonly states: ReadonlyMap<PhotoState, StateCount>;
  /** Failed photos by code. */
  readonly failureCodes: Readonly<Partial<Record<FailureCode, number>>>;
}

/** Maximum extensions to count separately, because keys can end in anything and memory is bounded. */
const MAX_EXTENSIONS = 100;

/** Counts the other extensions. */
const OTHER_EXTENSIONS = 'other';

const NONE: StateCount = { count: 0, keys: [] };

/** Counts photos by state and keeps some keys of each, so that memory is bounded however large the bucket is. */
export class Tally {
  readonly #keptKeys: number;
  readonly #states = new Map(PHOTO_STATES.map((state) => [state, NONE]));
  readonly #failureCodes: Partial<Record<FailureCode, number>> = {};
  readonly #extensions = new Map<string, number>();
  #objects = 0;
  #ignored = 0;

  /** @param keptKeys maximum keys kept for each state */
  constructor(keptKeys: number) {
    this.#keptKeys = keptKeys;
  }

  addPage({ photos, ignored, excludedExtensions }: InspectedPage): void {
    this.#objects += photos.length + ignored;
    this.#ignored += ignored;
    for (const photo of photos) this.count(photo);
    for (const extension of excludedExtensions) this.#countExtension(extension);
  }

  #countExtension(extension: string): void {
    const isKnown = this.#extensions.has(extension) || this.#extensions.size < MAX_EXTENSIONS;
    const name = isKnown ? extension : OTHER_EXTENSIONS;
    this.#extensions.set(name, (this.#extensions.get(name) ?? 0) + 1);
  }

  count({ state, upload, failureCode }: InspectedPhoto): void {
    const { count, keys } = this.#states.get(state) ?? NONE;
    // Photos in order are not listed.
    const isKept = state !== 'processed' && keys.length < this.#keptKeys;
    this.#states.set(state, { count: count + 1, keys: isKept ? [...keys, upload.key] : keys });
    if (state === 'failed' && failureCode !== undefined) this.#failureCodes[failureCode] = (this.#failureCodes[failureCode] ?? 0) + 1;
  }

  findings(): Findings {
    const excludedExtensions = Object.fromEntries([...this.#extensions].sort(([, a], [, b]) => b - a));
    return { objects: this.#objects, ignored: this.#ignored, excludedExtensions, states: this.#states, failureCodes: this.#failureCodes };
  }
}

/** Returns the number of photos in states that an operator has to act on. */
export function needingAttention({ states }: Findings): number {
  return [...states].reduce((sum, [state, { count }]) => sum + (describeState(state).attention ? count : 0), 0);
}
