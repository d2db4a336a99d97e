import { isOfVersion } from './backfill.ts';
import { MAX_KEY_BYTES } from './contract/rendition-key.ts';
import type { Dependencies } from './dependencies.ts';
import type { Claim, Effect, LedgerRecord, UploadEvent } from './ports.ts';
import { renditionMetadata } from './rendition-metadata.ts';

type FailedEffect = Extract<Effect, { status: 'failed' }>;

/**
 * Tags and copies an original that failed, as far as the settings ask for it. Runs before the effect is committed, so that the retry of a
 * fault repeats it; a second run adds at most another version of the copy. Exactly the version that failed is marked, and none is ever deleted.
 */
export async function markOriginal(
  { event, recipeHash }: Claim,
  effect: Effect,
  previous: LedgerRecord | undefined,
  dependencies: Dependencies,
): Promise<void> {
  const { failedOriginals, tagFailed, quarantinePrefix, warn } = dependencies;
  // What cannot be decoded is not the key of any object.
  if (failedOriginals === undefined || event.malformedKey) return;
  if (effect.status === 'failed') {
    if (tagFailed && (await failedOriginals.tag(event, effect.failureCode)) === 'full')
      warn('the failed original has no room for another tag', { key: event.key });
    if (quarantinePrefix !== undefined) await quarantine(event, effect, recipeHash, quarantinePrefix, dependencies);
  } else if (tagFailed && mayHaveFailed(event, previous)) {
    await failedOriginals.tag(event, undefined);
  }
}

/** Returns whether this version may have failed before, for example because of a limit that has been raised since. A removal uncovers an older version. */
function mayHaveFailed(event: UploadEvent, previous: LedgerRecord | undefined): boolean {
  return event.kind === 'removed' || (previous?.effect?.status === 'failed' && isOfVersion(previous, event));
}

async function quarantine(
  event: UploadEvent,
  { failureCode, detail, processedAt }: FailedEffect,
  recipeHash: string,
  prefix: string,
  { failedOriginals, warn }: Dependencies,
): Promise<void> {
  const key = prefix + event.key;
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return warn('the key is too long for a copy in quarantine', { key: event.key });
  const userMetadata = { 'failure-code': failureCode, 'failure-detail': detail };
  const { kept } = renditionMetadata(event, { userMetadata }, recipeHash, new Date(processedAt));
  // Copy even if another run has, because that run may be about to remove its copy.
  if ((await failedOriginals?.copy(event, key, kept)) === 'refused')
    warn('S3 does not copy the failed original to quarantine', { key: event.key, failureCode });
}

/**
 * Removes the copy of a failed original that a run stored while or after a newer event erased the photo: a version below a delete marker can
 * still be copied (P8). The record then has no effect, because that run could not commit.
 */
export async function removeErasedCopy(
  { bucket, key }: Pick<UploadEvent, 'bucket' | 'key'>,
  {
    deletePropagation,
    quarantinePrefix,
    renditions,
    ledger,
  }: Pick<Dependencies, 'deletePropagation' | 'quarantinePrefix' | 'renditions' | 'ledger'>,
): Promise<void> {
  if (!deletePropagation || quarantinePrefix === undefined) return;
  for (;;) {
    const top = await renditions.head(quarantinePrefix + key);
    if (top === undefined) return;
    const record = await ledger.read(bucket, key);
    if (record === undefined || record.effect !== undefined || top.sequencer > record.sequencer) return;
    if (record.status === 'processing' && top.sequencer === record.sequencer) return; // Another run of this event is about to commit it.
    await renditions.remove(quarantinePrefix + key, top);
  }
}
