import type { Outcome } from './contract/outcome.ts';
import type { BatchTask } from './events/batch-task.ts';
import type { Ledger, OriginalStore, UploadEvent } from './ports.ts';

/** A task names an object and perhaps a version; what stands there now makes it an event, or already decides the outcome. */
export async function resolveTask(
  { bucket, key, malformedKey, versionId, job }: BatchTask,
  { originals, ledger }: { originals: OriginalStore; ledger: Ledger },
): Promise<UploadEvent | Outcome> {
  const common = { kind: 'backfill', bucket, key, malformedKey, sequencer: '', job } as const;
  const standing = await originals.head(bucket, key);
  if (standing === undefined) {
    const record = await ledger.read(bucket, key);
    if (record?.status !== 'processing' || !record.byBackfill) return { status: 'gone', key };
    // An earlier attempt died before the object was deleted: nobody else would end its claim.
    return { ...common, versionId: record.versionId, etag: record.etag, time: new Date(0) };
  }
  if (versionId !== undefined && standing.versionId !== undefined && standing.versionId !== versionId) return { status: 'superseded', key };
  return { ...common, versionId: standing.versionId, etag: standing.etag, size: standing.size, time: standing.lastModified };
}
