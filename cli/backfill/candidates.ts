import { type InspectedPhoto, inspect } from '../photos/inspection.ts';
import { stateWords } from '../photos/photo-state.ts';
import type { PhotoStores, Walk } from '../photos/photo-stores.ts';

/**
 * The photos that a backfill would process: without a record, failed, made with other settings, or left unfinished. Failures
 * that this very job recorded are final for it.
 */
export async function* candidates(stores: PhotoStores, walk: Walk, job: string): AsyncGenerator<InspectedPhoto> {
  for await (const { photos } of inspect(stores, walk)) {
    yield* photos.filter(({ state, backfillJob }) => stateWords(state).backfill && !(state === 'failed' && backfillJob === job));
  }
}
