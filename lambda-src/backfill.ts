import type { Outcome } from './contract/outcome.ts';
import type { BatchTask } from './events/batch-task.ts';
import type { Claim, Ledger, LedgerRecord, OriginalStore, UploadEvent } from './ports.ts';

/** The `job` of events that a reconciliation sends, and of what they claim. */
export const RECONCILIATION = 'reconciliation';

/** Returns whether the effect of an event is announced. Nobody reads a million messages, so a backfill is not; its job has a report of its own. */
export function isAnnounced({ job }: UploadEvent): boolean {
  return job === undefined || job === RECONCILIATION;
}

/** Converts the event of a reconciliation, which only names a key, to one for the current version, or for the absence of one. */
export async function resolveReconciled(event: UploadEvent, { originals }: { originals: OriginalStore }): Promise<UploadEvent> {
  const head = await originals.head(event.bucket, event.key);
  if (head === undefined) return { ...event, kind: 'removed' };
  const { etag, size, lastModified, versionId } = head;
  return { ...event, versionId, etag, size, time: lastModified };
}

/** Converts a task for an object, and possibly a version of it, to an event for the current version, or to an outcome if there is nothing to do. */
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
  // An earlier attempt left its claim open, and the object has since been replaced or deleted. There may be no event left to end the claim, so
  // settle the current version instead.
  return { kind: 'removed', bucket, key, sequencer: record.sequencer, time: new Date(0), job };
}

/**
 * Returns whether an event without a sequencer may claim a key that has a record: to fill a gap or to settle a version that the record does not
 * describe. A backfill may also process a photo again after the recipe has changed, and retry a failure once per job. The current version was
 * looked up first, so a newer one is never replaced.
 */
export function backfillMayClaim({ event, owner, now, recipeHash }: Claim, record: LedgerRecord): boolean {
  if (record.status === 'processing') return record.leaseExpiresAt <= now || record.owner === owner;
  if (record.effect === undefined || !isOfVersion(record, event)) return true;
  if (event.kind !== 'backfill') return false;
  if (record.effect.status === 'processed') return record.recipeHash !== recipeHash;
  return record.job === undefined || record.job !== event.job;
}

/**
 * Returns the sequencer that an event without one takes. An event of S3 that claimed the record and did not settle it will be delivered again and
 * must still find itself newer, so this stays just before it: of two texts, one that is the beginning of the other comes first.
 */
export function sequencerForBackfill({ status, byBackfill, sequencer }: LedgerRecord): string {
  return status === 'processing' && !byBackfill ? sequencer.slice(0, -1) : sequencer;
}

/** Returns whether the record describes the version of the event. Compares ETags in buckets without versioning. */
export function isOfVersion(record: LedgerRecord, event: UploadEvent): boolean {
  return event.versionId === undefined ? record.etag === event.etag : record.versionId === event.versionId;
}
