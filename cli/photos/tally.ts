import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import type { InspectedPage, InspectedPhoto } from './inspection.ts';
import { describeState, PHOTO_STATE_NAMES, type PhotoState } from './photo-state.ts';

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
  readonly states: ReadonlyMap<PhotoState, StateCount>;
  /** Failed photos by code. */
  readonly failureCodes: Readonly<Partial<Record<FailureCode, number>>>;
}

const NONE: StateCount = { count: 0, keys: [] };

/** Counts photos by state and keeps some keys of each, so that memory is bounded however large the bucket is. */
export class Tally {
  readonly #keptKeys: number;
  readonly #states = new Map(PHOTO_STATE_NAMES.map((state) => [state, NONE]));
  readonly #failureCodes: Partial<Record<FailureCode, number>> = {};
  #objects = 0;
  #ignored = 0;

  /** @param keptKeys maximum keys kept for each state */
  constructor(keptKeys: number) {
    this.#keptKeys = keptKeys;
  }

  addPage({ photos, ignored }: InspectedPage): void {
    this.#objects += photos.length + ignored;
    this.#ignored += ignored;
    for (const photo of photos) this.count(photo);
  }

  count({ state, upload, failureCode }: InspectedPhoto): void {
    const { count, keys } = this.#states.get(state) ?? NONE;
    // Photos in order are not listed.
    const isKept = state !== 'processed' && keys.length < this.#keptKeys;
    this.#states.set(state, { count: count + 1, keys: isKept ? [...keys, upload.key] : keys });
    if (state === 'failed' && failureCode !== undefined) this.#failureCodes[failureCode] = (this.#failureCodes[failureCode] ?? 0) + 1;
  }

  findings(): Findings {
    return { objects: this.#objects, ignored: this.#ignored, states: this.#states, failureCodes: this.#failureCodes };
  }
}

/** Returns the number of photos in states that an operator has to act on. */
export function needingAttention({ states }: Findings): number {
  return [...states].reduce((sum, [state, { count }]) => sum + (describeState(state).attention ? count : 0), 0);
}
