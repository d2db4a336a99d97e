import { type Item, recordOf } from '../../lambda-src/adapters/ledger-item.ts';
import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import { recipeHash } from '../../lambda-src/contract/recipe.ts';
import { type Circumstances, failureCodeOf, type PhotoState, photoState } from './photo-state.ts';
import type { ListedUpload, PhotoStores, Walk } from './photo-stores.ts';

/** A photo of the upload bucket and what became of it. */
export interface InspectedPhoto {
  readonly upload: ListedUpload;
  readonly state: PhotoState;
  /** Of a failed photo. */
  readonly failureCode?: FailureCode | undefined;
  /** Version of the original that the record is of. */
  readonly recordedVersionId?: string | undefined;
  /** The job of the last backfill that worked on it. */
  readonly backfillJob?: string | undefined;
}

/** One page of the upload bucket, inspected. */
export interface InspectedPage {
  readonly photos: readonly InspectedPhoto[];
  /** Objects that the trigger does not ask for. */
  readonly ignored: number;
  /** Of those that only their extension excludes. */
  readonly excludedExtensions: readonly string[];
}

/** What states are told by at this moment. */
export function circumstances({ settings }: PhotoStores, now: number): Circumstances {
  return { recipeHash: recipeHash(settings.recipe), leaseSeconds: settings.leaseSeconds, now };
}

/** Walks the upload bucket and asks the ledger about every photo, a page at a time, so that memory does not grow with the bucket. */
export async function* inspect(stores: PhotoStores, walk: Walk, now: () => number = Date.now): AsyncGenerator<InspectedPage> {
  for await (const { uploads, ...excluded } of stores.uploads(walk)) {
    const items = await stores.items(uploads.map(({ key }) => key));
    const asked = circumstances(stores, now());
    yield { photos: uploads.map((upload) => inspected(upload, items.get(upload.key), asked)), ...excluded };
  }
}

function inspected(upload: ListedUpload, item: Item | undefined, asked: Circumstances): InspectedPhoto {
  const record = item && recordOf(item);
  return {
    upload,
    state: photoState(upload, record, asked),
    failureCode: failureCodeOf(record?.effect),
    recordedVersionId: record?.versionId,
    backfillJob: record?.job,
  };
}
