import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import type { InspectedPage, InspectedPhoto } from './inspection.ts';
import { PHOTO_STATE_NAMES, type PhotoState, stateWords } from './photo-state.ts';

/** The photos of one state. */
export interface StateCount {
  readonly count: number;
  /** The first of them; all others are only counted. */
  readonly keys: readonly string[];
}

/** What an audit found, in the order of the states. */
export interface Findings {
  readonly objects: number;
  /** Objects that the trigger does not ask for. */
  readonly ignored: number;
  readonly states: ReadonlyMap<PhotoState, StateCount>;
  /** Failed photos by code. */
  readonly failureCodes: Readonly<Partial<Record<FailureCode, number>>>;
}

const NONE: StateCount = { count: 0, keys: [] };

/** Counts photos by state and remembers some keys of each: memory is bounded, however large the bucket is. */
export class Tally {
  readonly #keptKeys: number;
  readonly #states = new Map(PHOTO_STATE_NAMES.map((state) => [state, NONE]));
  readonly #failureCodes: Partial<Record<FailureCode, number>> = {};
  #objects = 0;
  #ignored = 0;

  /** @param keptKeys how many keys of each state are remembered */
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
    // Nobody asks for the names of what is in order.
    const isKept = state !== 'processed' && keys.length < this.#keptKeys;
    this.#states.set(state, { count: count + 1, keys: isKept ? [...keys, upload.key] : keys });
    if (state === 'failed' && failureCode !== undefined) this.#failureCodes[failureCode] = (this.#failureCodes[failureCode] ?? 0) + 1;
  }

  findings(): Findings {
    return { objects: this.#objects, ignored: this.#ignored, states: this.#states, failureCodes: this.#failureCodes };
  }
}

/** How many photos are in a state that an operator has to do something about. */
export function needingAttention({ states }: Findings): number {
  return [...states].reduce((sum, [state, { count }]) => sum + (stateWords(state).attention ? count : 0), 0);
}
