import type { LedgerRecord, ObjectHead } from '../ports.ts';

/** Keys that a run of the reconciler hands to the function at most, so that uploads do not wait behind hours of repairs. The next pass finds the others. */
export const MAX_REPAIRS = 100_000;

/** Every state of a photo that is in the upload bucket and matches the trigger. cli/photos/photo-state.ts describes them. */
export const PHOTO_STATES = [
  'processed',
  'failed',
  'otherRecipe',
  'inProgress',
  'arriving',
  'newVersion',
  'retrying',
  'missing',
  'abandoned',
  'withdrawn',
  'unannounced',
  'otherVersion',
  'renditions',
] as const;
export type PhotoState = (typeof PHOTO_STATES)[number];

/** Lambda retries after about one and two minutes, each time after an invocation that may have run into its timeout. */
const RETRIES_SECONDS = 5 * 60;

/** What the state of a photo depends on besides its object and record. */
export interface Circumstances {
  /** The function's recipe. */
  readonly recipeHash: string;
  readonly leaseSeconds: number;
  /** For how long after an upload its event may be on the way, in seconds. */
  readonly graceSeconds: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Returns how long the retries of an event may take, in seconds. */
export function secondsOfRetries(leaseSeconds: number): number {
  return leaseSeconds * 3 + RETRIES_SECONDS;
}

/** Determines the state of a photo from its object and its record. `renditions` takes a look at the renditions, too. */
export function photoState(
  original: Omit<ObjectHead, 'size'>,
  record: LedgerRecord | undefined,
  { recipeHash, leaseSeconds, graceSeconds, now }: Circumstances,
): Exclude<PhotoState, 'renditions'> {
  const age = now - original.lastModified.getTime();
  const justUploaded = age < graceSeconds * 1000;
  const mayBeRetried = age < secondsOfRetries(leaseSeconds) * 1000;
  if (record === undefined) return justUploaded ? 'arriving' : 'missing';
  const isHeld = record.leaseExpiresAt > now;
  const workingState = isHeld ? 'inProgress' : mayBeRetried ? 'retrying' : undefined;
  if (record.status === 'processing') return workingState ?? 'abandoned';
  if (!isOfSameUpload(record, original)) return justUploaded ? 'newVersion' : 'otherVersion';
  if (record.status === 'superseded' || record.status === 'gone') return justUploaded ? 'newVersion' : 'withdrawn';
  if (!record.notified) return workingState ?? 'unannounced';
  if (record.status === 'failed') return 'failed';
  return record.recipeHash === recipeHash ? 'processed' : 'otherRecipe';
}

/** Compares versions if both are known. A listing has none, so the ETag, a digest of the bytes, decides. */
export function isOfSameUpload(
  record: Pick<LedgerRecord, 'versionId' | 'etag'>,
  original: { readonly versionId?: string | undefined; readonly etag: string },
): boolean {
  if (record.versionId !== undefined && original.versionId !== undefined) return record.versionId === original.versionId;
  return record.etag === undefined || record.etag === original.etag;
}

/** What a reconciliation settles: a `missing` photo has no effect, a `stuck` one was begun and not finished. Undefined for every other state. */
export function findingOf(state: PhotoState): 'missing' | 'stuck' | undefined {
  switch (state) {
    case 'missing':
    case 'otherVersion':
    case 'withdrawn':
      return 'missing';
    case 'abandoned':
    case 'unannounced':
      return 'stuck';
    default:
      return undefined;
  }
}
