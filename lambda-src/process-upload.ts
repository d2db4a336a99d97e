import { announce, type Unannounced } from './announce.ts';
import { isAnnounced, isOfVersion } from './backfill.ts';
import type { Outcome } from './contract/outcome.ts';
import { recipeHash } from './contract/recipe.ts';
import type { Dependencies, Invocation } from './dependencies.ts';
import { markOriginal } from './failed-originals.ts';
import { makeEffect } from './make-effect.ts';
import { storeManifest } from './manifest.ts';
import type { Claim, Effect, LedgerRecord, UploadEvent } from './ports.ts';
import { eraseRenditions, removeStaleRenditions } from './store-renditions.ts';
import { TransientFault } from './transient-fault.ts';

export interface Processed {
  readonly outcome: Outcome;
  /** The effect that the caller has to announce. */
  readonly unannounced?: Unannounced;
  /** False for an effect that was counted before: its message is resumed, or its version became current again. */
  readonly counted: boolean;
}

/** How many versions a record remembers as reported, so that it does not grow with the history of its key (P10). */
const REPORTED_VERSIONS = 10;

/**
 * Brings the record and the renditions of a key in line with its current version, however often and in whatever order events arrive. An
 * event only says that the key changed: if the record is already ahead of it, nothing is done; otherwise this claims the key, looks up its
 * current version, and settles that one. The specification is docs/one-effect.md; "P3" and the like refer to its guarantees.
 *
 * The caller announces what is `unannounced`.
 * @throws on a system fault that a retry may resolve, after releasing the claim so that any attempt can take it
 */
export async function processUpload(event: UploadEvent, dependencies: Dependencies, invocation: Invocation): Promise<Processed> {
  const { ledger } = dependencies;
  const wanted = claimOf(event, dependencies, invocation);
  const answer = await ledger.claim(wanted);
  if (answer.status === 'refused') return answerRefusal(wanted, answer.record, dependencies);

  const claim = { ...wanted, event: answer.event };
  try {
    await announceReplaced(claim, answer.previous, dependencies, invocation);
    return await settle(claim, answer.previous, dependencies, invocation);
  } catch (error) {
    await ledger.release(claim, 'processing').catch(() => undefined); // The lease expires by itself; report the first fault.
    throw error;
  }
}

function claimOf(event: UploadEvent, { recipe, leaseSeconds }: Dependencies, { owner, run, now }: Invocation): Claim {
  // An event may contain a key twice; the sequencer distinguishes the commits of one run.
  return {
    event,
    owner,
    run: `${run}/${event.sequencer}`,
    now: now(),
    leaseExpiresAt: now() + leaseSeconds * 1000,
    recipeHash: recipeHash(recipe),
  };
}

/** Handles a refused claim: the record is ahead of the event, or already belongs to it (settled or in progress). */
async function answerRefusal(claim: Claim, record: LedgerRecord, dependencies: Dependencies): Promise<Processed> {
  const { event, owner, now } = claim;
  const hasSequencer = event.job === undefined;
  const sameEvent = hasSequencer ? record.sequencer === event.sequencer : isOfVersion(record, event);
  // What this event settled is in place, unless the record is of another version: then a run that could not remove what it stored may have left it.
  const isInPlace = sameEvent && event.kind === 'created' && record.versionId === event.versionId;
  if (event.kind !== 'backfill' && !isInPlace) await removeStaleRenditions(claim, dependencies);
  if (record.status === 'processing' && (sameEvent || !hasSequencer)) {
    // A backfill is not retried on behalf of this event: if it dies, the event itself must be delivered again.
    if (record.byBackfill && hasSequencer) throw new TransientFault('Contention', 'a backfill is processing this upload');
    return duplicate(event, true);
  }
  if (!sameEvent) return superseded(event);
  const { effect, announcement } = record;
  if (effect === undefined || announcement === undefined || event.kind === 'backfill') return duplicate(event, false);
  const beingSent = announcement.state === 'sending' && announcement.expiresAt > now;
  // This run may be the retry of a sender that died; only a later attempt can tell (P5, P6).
  if (beingSent && announcement.owner === owner)
    throw new TransientFault('Contention', 'another run of this request is sending the message');
  if (beingSent || (record.owner !== owner && record.leaseExpiresAt > now)) return duplicate(event, true);
  return { outcome: outcomeOf(effect), unannounced: { effect, commit: record.commit }, counted: false };
}

/** Sends the owed message of the effect that this claim is about to replace (P5). */
async function announceReplaced(claim: Claim, previous: LedgerRecord | undefined, dependencies: Dependencies, invocation: Invocation) {
  const { effect, announcement } = previous ?? {};
  if (effect === undefined || announcement === undefined) return;
  // Another run is sending it; until it is done, the ledger refuses the commit of this claim.
  if (announcement.state === 'sending' && announcement.expiresAt > claim.now) return;
  await announce([{ effect, commit: previous?.commit }], dependencies, invocation);
}

async function settle(
  claimed: Claim,
  previous: LedgerRecord | undefined,
  dependencies: Dependencies,
  invocation: Invocation,
): Promise<Processed> {
  const event = claimed.event.kind === 'removed' ? await whatIsLeft(claimed.event, dependencies) : claimed.event;
  if (event === 'nothing') return settleGone(claimed, previous, dependencies);
  const claim = { ...claimed, event };
  // Without versioning, an object found after a deletion was uploaded later, and its own event will arrive.
  const hasOwnEvent = event.kind === 'removed' && event.versionId === undefined;
  if (isSettled(event, previous) || hasOwnEvent) {
    await keep(claim, previous, dependencies);
    return event.kind === 'removed' ? superseded(event) : duplicate(event, false);
  }
  const attempted = await makeEffect(claim, dependencies, invocation);
  if (attempted.status === 'gone') return settleGone(claim, previous, dependencies);
  if (attempted.status === 'replaced' || (await storeManifest(claim, attempted, previous?.renditionsOf, dependencies)) === 'superseded') {
    await keep(claim, previous, dependencies);
    return superseded(event);
  }
  await markOriginal(claim, attempted, previous, dependencies);
  return commit(claim, attempted, previous, dependencies);
}

/** Returns an event for the version that is current after a deletion, or `nothing`. */
async function whatIsLeft(event: UploadEvent, { originals, limits }: Dependencies): Promise<UploadEvent | 'nothing'> {
  const { bucket, key } = event;
  const head = await originals.head(bucket, key);
  if (head !== undefined) return { ...event, versionId: head.versionId, etag: head.etag, size: head.size, time: head.lastModified };
  const read = await originals.read({ bucket, key, maxBytes: limits.maxBytes });
  if (read.status !== 'gone') throw new TransientFault('NotFoundYet', 'S3 did not find the object, then found it');
  return 'nothing';
}

/** Returns whether the version already has its effect. If only a backfill processed it, its own event still has to announce it. */
function isSettled(event: UploadEvent, previous: LedgerRecord | undefined): boolean {
  if (previous?.effect === undefined || event.versionId === undefined || previous.versionId !== event.versionId) return false;
  return event.kind === 'removed' || (event.kind !== 'backfill' && previous.reportedVersions.includes(event.versionId));
}

/** Ends the claim without changing the effect, and removes renditions that a crashed attempt may have stored. */
async function keep(claim: Claim, previous: LedgerRecord | undefined, dependencies: Dependencies): Promise<void> {
  await requireSent(claim, previous, dependencies);
  await removeStaleRenditions(claim, dependencies);
  await dependencies.ledger.release(claim, previous?.effect?.status ?? (previous?.status === 'gone' ? 'gone' : 'superseded'));
}

/** Throws while another run is sending the message of the effect. That run may have died, so this event must be retried (P5). */
async function requireSent({ event }: Claim, previous: LedgerRecord | undefined, { ledger }: Dependencies): Promise<void> {
  if (previous?.announcement === undefined) return;
  const record = await ledger.read(event.bucket, event.key);
  if (record?.notified === false) throw new TransientFault('Contention', 'another run is sending the message of the effect on the record');
}

/** Commits the effect if this run still holds the claim; otherwise yields to the run that took it over. */
async function commit(
  claim: Claim,
  effect: Effect,
  previous: LedgerRecord | undefined,
  { ledger, ...dependencies }: Dependencies,
): Promise<Processed> {
  const { event } = claim;
  // Without versions, a sequencer that was taken over is that of another upload.
  const version = event.versionId ?? (event.job === undefined ? event.sequencer : (event.etag ?? ''));
  const reported = previous?.reportedVersions ?? [];
  const first = !isAnnounced(event) || !reported.includes(version);
  const announces = first && isAnnounced(event) && dependencies.announces(effect.status);
  const options = {
    announce: announces,
    reported: isAnnounced(event) && first ? [...reported, version].slice(-REPORTED_VERSIONS) : reported,
    manifest: dependencies.recipe.manifest === true,
  };
  const write = () => ledger.commit(claim, effect, options);
  const written = await write().catch(write); // If only the response was lost, the second write finds its own commit.
  if (written.status === 'refused') return yieldTo(written.record, claim, { ledger, ...dependencies });
  if ((effect.status === 'processed' && previous?.renditionsOf !== undefined) || (options.manifest && previous?.manifestOf !== undefined)) {
    // A stalled write of the version before may have slipped in while the record still named it. A fault here must not undo the commit.
    await removeStaleRenditions(claim, { ledger, ...dependencies }).catch(() => undefined);
  }
  const outcome = outcomeOf(effect);
  return announces ? { outcome, unannounced: { effect, commit: claim.run }, counted: first } : { outcome, counted: first };
}

/**
 * Settles a key without a current version. Delete propagation first removes the photo from the record, so that no other event relies on its
 * renditions (P8).
 */
async function settleGone(claim: Claim, previous: LedgerRecord | undefined, dependencies: Dependencies): Promise<Processed> {
  const { ledger, deletePropagation } = dependencies;
  if (deletePropagation) {
    if (previous?.effect !== undefined) {
      const forgotten = await ledger.forget(claim, 'processing');
      if (forgotten.status === 'refused') return yieldTo(forgotten.record, claim, dependencies);
    }
    await eraseRenditions(claim, dependencies);
    const gone = await ledger.forget(claim, 'gone');
    if (gone.status === 'refused') return yieldTo(gone.record, claim, dependencies);
  } else {
    await requireSent(claim, previous, dependencies);
    await removeStaleRenditions(claim, dependencies);
    // As long as renditions remain, the record says which version they belong to.
    await ledger.release(claim, 'gone', { expires: previous?.renditionsOf === undefined });
  }
  return { outcome: { status: 'gone', key: claim.event.key }, counted: true };
}

/** Yields a claim that a newer event or another run of this one took over: removes renditions that this run stored and the record does not name. */
async function yieldTo(record: LedgerRecord, claim: Claim, dependencies: Dependencies): Promise<Processed> {
  if (record.run === claim.run) throw new TransientFault('Contention', 'the message of the replaced effect is being sent');
  // A backfill took over what this event had not settled, and stays just before it.
  if (record.sequencer < claim.event.sequencer) throw new TransientFault('Contention', 'a backfill took over the claim');
  await removeStaleRenditions(claim, dependencies);
  return record.sequencer > claim.event.sequencer ? superseded(claim.event) : duplicate(claim.event, record.status === 'processing');
}

function superseded({ key }: UploadEvent): Processed {
  return { outcome: { status: 'superseded', key }, counted: true };
}

function duplicate({ key }: UploadEvent, inProgress: boolean): Processed {
  return { outcome: { status: 'duplicate', key, inProgress }, counted: true };
}

function outcomeOf(effect: Effect): Outcome {
  return effect.status === 'processed'
    ? { status: 'processed', key: effect.key, image: effect.image, renditions: effect.renditions }
    : { status: 'failed', key: effect.key, failureCode: effect.failureCode, detail: effect.detail };
}
