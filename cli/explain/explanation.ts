import { recordOf } from '../../lambda-src/adapters/ledger-item.ts';
import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { decodeKey, suffixSpellings } from '../../lambda-src/contract/object-key.ts';
import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import type { LedgerRecord, ObjectHead } from '../../lambda-src/ports.ts';
import { isOfSameUpload, type PhotoState, photoState } from '../../lambda-src/reconcile/photo-state.ts';
import { circumstances } from '../photos/inspection.ts';
import { failureCodeOf } from '../photos/photo-state.ts';
import { PhotoStores } from '../photos/photo-stores.ts';
import { type CheckedRendition, checkRenditions, lacksRenditions } from '../photos/renditions.ts';
import type { DeployedFunction } from '../pipeline/deployed-function.ts';

/** What the ledger says about a photo. */
export interface RecordedFacts {
  readonly status: LedgerRecord['status'];
  readonly versionId?: string | undefined;
  /** Whether the record describes the current version. */
  readonly ofStandingVersion: boolean;
  readonly failureCode?: FailureCode | undefined;
  readonly failureDetail?: string | undefined;
  /** ISO 8601; absent while the photo is being processed. */
  readonly processedAt?: string | undefined;
  /** Request ID of the last invocation that claimed it. */
  readonly owner: string;
  /** End of the claim, ISO 8601; absent if the claim was given up. */
  readonly leaseExpiresAt?: string | undefined;
  /** Whether the message about the result was sent, is owed, or is not due; absent without a result. */
  readonly message?: 'sent' | 'owed' | 'none' | undefined;
  /** Job of the last backfill that processed it. */
  readonly backfillJob?: string | undefined;
  /** Version of the original that the renditions were made from, according to the record. */
  readonly renditionsVersionId?: string | undefined;
}

/** Everything known about one photo; with the verdict, the JSON document of `explain --json`. */
export interface Explanation {
  readonly function: string;
  readonly bucket: string;
  readonly key: string;
  /** Why the function ignores this key; absent if it does not. */
  readonly notTriggered?: string | undefined;
  /** Whether S3 sends events for this suffix. It does not for a spelling such as `.jPg`, which only a backfill processes. */
  readonly eventsSent: boolean;
  readonly original?: { readonly size: number; readonly versionId?: string | undefined; readonly uploadedAt: string } | undefined;
  readonly record?: RecordedFacts | undefined;
  readonly renditions: readonly CheckedRendition[];
  /** Key of a copy in quarantine; absent if there is none. */
  readonly quarantined?: string | undefined;
  /** Whether deleting an original deletes its renditions. */
  readonly deletePropagation: boolean;
  /** Approximate number of events in the dead-letter queue, of any photo. */
  readonly deadLetters: number;
  /** A state of a photo in the bucket, or `ignored` (by the trigger), `deleted` (but recorded), or `unknown`. */
  readonly state: PhotoState | 'ignored' | 'deleted' | 'unknown';
  /** The decoded key, if the given one was encoded as in an event and the decoded one exists. */
  readonly meant?: string | undefined;
  /** When the facts were gathered, in epoch milliseconds. */
  readonly toldAt: number;
}

/** Gathers everything known about one photo of a deployed function. */
export async function explain(key: string, target: DeployedFunction, now = Date.now()): Promise<Explanation> {
  const [settings, deadLetters] = await Promise.all([target.settings(), target.deadLetters()]);
  const stores = new PhotoStores(settings);
  const [original, items] = await Promise.all([stores.original(key), stores.items([key])]);
  const item = items.get(key);
  const record = item && recordOf(item);
  const renditions = await checkRenditions(stores, key, original?.versionId ?? record?.versionId);
  return {
    function: target.name,
    bucket: settings.uploadBucket,
    key,
    notTriggered: stores.reasonToIgnore(key),
    eventsSent: sendsEventsFor(key, settings.triggerSuffixes),
    original: original && { size: original.size, versionId: original.versionId, uploadedAt: original.lastModified.toISOString() },
    record: record && recordedFacts(record, original, settings),
    renditions,
    quarantined: await quarantinedCopyOf(key, stores),
    deletePropagation: settings.deletePropagation,
    deadLetters,
    state: stateOf(key, { original, record, renditions }, stores, now),
    meant: original === undefined ? await decodedKeyOf(key, stores) : undefined,
    toldAt: now,
  };
}

async function quarantinedCopyOf(key: string, stores: PhotoStores): Promise<string | undefined> {
  const { quarantinePrefix } = stores.settings;
  if (quarantinePrefix === undefined) return undefined;
  const copy = quarantinePrefix + key;
  return (await stores.rendition(copy)) === undefined ? undefined : copy;
}

function recordedFacts(record: LedgerRecord, original: ObjectHead | undefined, { publish }: HandlerSettings): RecordedFacts {
  // While a newer version is processed, the effect is still that of the previous version.
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
    message: messageState({ ...record, effect }, publish),
    backfillJob: record.job,
    renditionsVersionId: record.renditionsOf?.versionId,
  };
}

function messageState({ effect, notified, byBackfill }: LedgerRecord, publish: HandlerSettings['publish']): RecordedFacts['message'] {
  if (effect === undefined) return undefined;
  if (!notified) return 'owed';
  return !byBackfill && (publish.includes(effect.status) || publish.includes('report')) ? 'sent' : 'none';
}

interface Found {
  readonly original: ObjectHead | undefined;
  readonly record: LedgerRecord | undefined;
  readonly renditions: readonly CheckedRendition[];
}

function stateOf(key: string, { original, record, renditions }: Found, stores: PhotoStores, now: number): Explanation['state'] {
  if (stores.reasonToIgnore(key) !== undefined) return 'ignored';
  if (original === undefined) return record === undefined ? 'unknown' : 'deleted';
  const state = photoState(original, record, circumstances(stores, now));
  return state === 'processed' && lacksRenditions(renditions) ? 'renditions' : state;
}

function sendsEventsFor(key: string, suffixes: readonly string[]): boolean {
  return suffixes.length === 0 || suffixes.flatMap(suffixSpellings).some((spelling) => key.endsWith(spelling));
}

/** Keys in S3 logs and dead letters are form-encoded, so a key pasted from there does not exist. */
async function decodedKeyOf(key: string, stores: PhotoStores): Promise<string | undefined> {
  const decoded = decodeKey(key);
  if (decoded === undefined || decoded === key) return undefined;
  return (await stores.original(decoded)) === undefined ? undefined : decoded;
}
