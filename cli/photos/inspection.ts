import { type Item, recordOf } from '../../lambda-src/adapters/ledger-item.ts';
import type { ListedObject } from '../../lambda-src/adapters/photo-listing.ts';
import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import { recipeHash } from '../../lambda-src/contract/recipe.ts';
import { type Circumstances, type PhotoState, photoState } from '../../lambda-src/reconcile/photo-state.ts';
import { failureCodeOf } from './photo-state.ts';
import type { PhotoStores, UploadPage, Walk } from './photo-stores.ts';

/** A photo in the upload bucket and its state. */
export interface InspectedPhoto {
  readonly upload: ListedObject;
  readonly state: PhotoState;
  /** Only of a failed photo. */
  readonly failureCode?: FailureCode | undefined;
  /** Version of the original that the record describes. */
  readonly recordedVersionId?: string | undefined;
  /** Job of the last backfill that processed it. */
  readonly backfillJob?: string | undefined;
}

/** The photos of one page of the upload bucket. */
export interface InspectedPage extends Omit<UploadPage, 'uploads'> {
  readonly photos: readonly InspectedPhoto[];
}

/** Returns what states depend on at the given time. */
export function circumstances({ settings }: PhotoStores, now: number): Circumstances {
  const { recipe, leaseSeconds } = settings;
  return { recipeHash: recipeHash(recipe), leaseSeconds, graceSeconds: leaseSeconds, now };
}

/** Lists the upload bucket and reads every photo's record, a page at a time, so that memory does not grow with the bucket. */
export async function* inspect(stores: PhotoStores, walk: Walk, now: () => number = Date.now): AsyncGenerator<InspectedPage> {
  for await (const { uploads, ...excluded } of stores.uploads(walk)) {
    const items = await stores.items(uploads.map(({ key }) => key));
    const current = circumstances(stores, now());
    yield { photos: uploads.map((upload) => inspected(upload, items.get(upload.key), current)), ...excluded };
  }
}

function inspected(upload: ListedObject, item: Item | undefined, current: Circumstances): InspectedPhoto {
  const record = item && recordOf(item);
  return {
    upload,
    state: photoState(upload, record, current),
    failureCode: failureCodeOf(record?.effect),
    recordedVersionId: record?.versionId,
    backfillJob: record?.job,
  };
}
