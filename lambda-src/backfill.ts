import type { Outcome } from './contract/outcome.ts';
import type { BatchTask } from './events/batch-task.ts';
import type { Claim, Ledger, LedgerRecord, OriginalStore, UploadEvent } from './ports.ts';

/** Turns a task, which names an object and perhaps a version, into an event for the current version, or into an outcome if there is nothing to do. */
export async function resolveTask(
  { bucket, key, malformedKey, versionId, job }: BatchTask,
  { originals, ledger }: { originals: OriginalStore; ledger: Ledger },
): Promise<UploadEvent | Outcome> {
  const head = await originals.head(bucket, key);
  const isOther = versionId !== undefined && head?.versionId !== undefined && head.versionId !== versionId;
  if (head !== undefined && !isOther) {
    const { etag, size, lastModified } = head;
    return { kind: 'backfill', bucket, key, malformedKey, sequencer: '', job, versionId: head.versionId, etag, size, time: lastModified };
  }
  const record = await ledger.read(bucket, key);
  if (record?.status !== 'processing' || !record.byBackfill) return { status: isOther ? 'superseded' : 'gone', key };
  // An earlier attempt left its claim open, and the object was replaced or deleted since. No event may come that ends the claim, so whatever is
  // current is settled in its place.
  return { kind: 'removed', bucket, key, sequencer: record.sequencer, time: new Date(0) };
}

/**
 * Whether a backfill may claim a key that has a record. It fills a gap, settles a version that the record does not describe, renews one that was made
 * with another recipe, and retries a failure once per job. It reads the current version before it changes anything, so it never replaces a newer one.
 */
export function backfillMayClaim({ event, owner, now, recipeHash }: Claim, record: LedgerRecord): boolean {
  if (record.status === 'processing') return record.leaseExpiresAt <= now || record.owner === owner;
  if (record.effect === undefined || !isOfVersion(record, event)) return true;
  if (record.effect.status === 'processed') return record.recipeHash !== recipeHash;
  return record.job === undefined || record.job !== event.job;
}

/** Whether the record describes the version of the event; by ETag in buckets without versioning. */
export function isOfVersion(record: LedgerRecord, event: UploadEvent): boolean {
  return event.versionId === undefined ? record.etag === event.etag : record.versionId === event.versionId;
}
