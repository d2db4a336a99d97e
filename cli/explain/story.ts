import { recordOf } from '../../lambda-src/adapters/ledger-item.ts';
import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { decodeKey, suffixSpellings } from '../../lambda-src/contract/object-key.ts';
import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import type { LedgerRecord, ObjectHead } from '../../lambda-src/ports.ts';
import { circumstances } from '../photos/inspection.ts';
import { failureCodeOf, isOfSameUpload, type PhotoState, photoState } from '../photos/photo-state.ts';
import type { PhotoStores } from '../photos/photo-stores.ts';
import { lacksRenditions, type StandingRendition, standingRenditions } from '../photos/standing-renditions.ts';

/** What the ledger says of a photo. */
export interface RecordedFacts {
  readonly status: LedgerRecord['status'];
  readonly versionId?: string | undefined;
  /** Whether it is of the version that stands in the bucket. */
  readonly ofStandingVersion: boolean;
  readonly failureCode?: FailureCode | undefined;
  readonly failureDetail?: string | undefined;
  /** ISO 8601; absent while it is being worked on. */
  readonly processedAt?: string | undefined;
  /** Request id of the invocation that worked on it last. */
  readonly owner: string;
  /** ISO 8601; the claim is free from then on. Absent when it was given up. */
  readonly leaseExpiresAt?: string | undefined;
  /** Whether a message about the result went out, is owed, or is not to be sent; absent without a result. */
  readonly message?: 'sent' | 'owed' | 'none' | undefined;
  /** The backfill that worked on it last. */
  readonly backfillJob?: string | undefined;
  /** Version of the original that the renditions were made from, as the record has it. */
  readonly renditionsVersionId?: string | undefined;
}

/** Everything that can be found out about one photo. */
export interface Story {
  readonly function: string;
  readonly bucket: string;
  readonly key: string;
  /** Why the function does not process this key; absent when it does. */
  readonly notTriggered?: string | undefined;
  /** Whether S3 tells the function of a key that ends so; a spelling such as `.jPg` only a backfill brings to it. */
  readonly eventsSent: boolean;
  readonly original?: { readonly size: number; readonly versionId?: string | undefined; readonly uploadedAt: string } | undefined;
  readonly record?: RecordedFacts | undefined;
  readonly renditions: readonly StandingRendition[];
  /** Whether renditions go when their original is deleted. */
  readonly deletePropagation: boolean;
  /** Events of any photo in the dead-letter queue, roughly. */
  readonly deadLetters: number;
  /** `ignored`, `deleted` and `unknown` besides the states of photos that stand in the bucket. */
  readonly state: PhotoState | 'ignored' | 'deleted' | 'unknown';
  /** An object that stands under the key as it was meant, when the one given is encoded as in an event. */
  readonly meant?: string | undefined;
  /** Epoch milliseconds. */
  readonly toldAt: number;
}

/** Asks the bucket, the ledger and the renditions about one photo. */
export async function gatherStory(
  key: string,
  { functionName, stores, deadLetters }: { functionName: string; stores: PhotoStores; deadLetters: number },
  now = Date.now(),
): Promise<Story> {
  const [original, items] = await Promise.all([stores.original(key), stores.items([key])]);
  const item = items.get(key);
  const record = item && recordOf(item);
  const renditions = await standingRenditions(stores, key, original?.versionId ?? record?.versionId);
  return {
    function: functionName,
    bucket: stores.settings.uploadBucket,
    key,
    notTriggered: stores.reasonToIgnore(key),
    eventsSent: isSpelledAsS3Knows(key, stores.settings.triggerSuffixes),
    original: original && { size: original.size, versionId: original.versionId, uploadedAt: original.lastModified.toISOString() },
    record: record && recordedFacts(record, original, stores.settings),
    renditions,
    deletePropagation: stores.settings.deletePropagation,
    deadLetters,
    state: storyState(key, { original, record, renditions }, stores, now),
    meant: original === undefined ? await meantKey(key, stores) : undefined,
    toldAt: now,
  };
}

function recordedFacts(record: LedgerRecord, original: ObjectHead | undefined, { publish }: HandlerSettings): RecordedFacts {
  // While a newer version is processed, the effect is still that of the version before.
  const effect = record.status === 'processing' ? undefined : record.effect;
  return {
    status: record.status,
    versionId: record.versionId,
    ofStandingVersion: original !== undefined && isOfSameUpload(record, original),
    failureCode: failureCodeOf(effect),
    failureDetail: effect?.status === 'failed' ? effect.detail : undefined,
    processedAt: effect?.processedAt,
    owner: record.owner,
    leaseExpiresAt: record.leaseExpiresAt > 0 ? new Date(record.leaseExpiresAt).toISOString() : undefined,
    message: messageOf({ ...record, effect }, publish),
    backfillJob: record.job,
    renditionsVersionId: record.renditionsOf?.versionId,
  };
}

function messageOf({ effect, notified, byBackfill }: LedgerRecord, publish: HandlerSettings['publish']): RecordedFacts['message'] {
  if (effect === undefined) return undefined;
  if (!notified) return 'owed';
  return !byBackfill && (publish.includes(effect.status) || publish.includes('report')) ? 'sent' : 'none';
}

/** What was found of a photo. */
interface Found {
  readonly original: ObjectHead | undefined;
  readonly record: LedgerRecord | undefined;
  readonly renditions: readonly StandingRendition[];
}

function storyState(key: string, { original, record, renditions }: Found, stores: PhotoStores, now: number): Story['state'] {
  if (stores.reasonToIgnore(key) !== undefined) return 'ignored';
  if (original === undefined) return record === undefined ? 'unknown' : 'deleted';
  const state = photoState(original, record, circumstances(stores, now));
  return state === 'processed' && lacksRenditions(renditions) ? 'renditions' : state;
}

/** S3 compares suffixes letter by letter; the trigger asks for some spellings of each. */
function isSpelledAsS3Knows(key: string, suffixes: readonly string[]): boolean {
  return suffixes.length === 0 || suffixes.flatMap(suffixSpellings).some((spelling) => key.endsWith(spelling));
}

/** Logs of S3 and dead letters have keys form-encoded; pasted from there they name nothing. */
async function meantKey(key: string, stores: PhotoStores): Promise<string | undefined> {
  const decoded = decodeKey(key);
  if (decoded === undefined || decoded === key) return undefined;
  return (await stores.original(decoded)) === undefined ? undefined : decoded;
}
