import type { Pending } from './announce.ts';
import { ImageFailure, type Outcome } from './contract/outcome.ts';
import { MAX_KEY_BYTES, type Recipe, recipeHash, renditionKey } from './contract/recipe.ts';
import type { ImageLimits } from './image/guard.ts';
import type { renderImage } from './image/render.ts';
import type { Claim, Effect, Ledger, LedgerRecord, OriginalObject, OriginalStore, RenditionStore, UploadEvent } from './ports.ts';
import { renditionMetadata } from './rendition-metadata.ts';
import { eraseRenditions, storeRenditions, withdrawRenditions } from './store-renditions.ts';
import { TransientFault } from './transient-fault.ts';

/** What an upload is processed with. */
export interface Workshop {
  readonly originals: OriginalStore;
  readonly renditions: RenditionStore;
  readonly ledger: Ledger;
  readonly render: typeof renderImage;
  readonly recipe: Recipe;
  readonly limits: ImageLimits;
  readonly leaseSeconds: number;
  readonly deletePropagation: boolean;
  /** Whether an effect of this status is announced later; one that is not counts as notified when it is committed. */
  readonly announces: (status: Effect['status']) => boolean;
  /** Tells the operator of something that does not change the outcome. */
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** One invocation of the function. */
export interface Invocation {
  /** The request id; a retry by Lambda keeps it, a redrive does not. */
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds until Lambda ends the invocation. */
  readonly remainingMilliseconds: () => number;
  /** The function's timeout in milliseconds. */
  readonly timeoutMilliseconds: number;
}

/** An outcome, and what is still to be announced for it. */
export interface Processed {
  readonly outcome: Outcome;
  readonly pending?: Pending;
  /** Whether an earlier invocation committed the outcome, and only its announcement is taken up again. */
  readonly resumed?: boolean;
}

/** Kept free at the end of an invocation to record and announce an image that ran into its deadline, in milliseconds. */
const RESERVE_MILLISECONDS = 5_000;

/**
 * Gives one event its one effect, whatever arrives how often and in which order:
 * claim → read → guard → render → store → commit. The caller announces what is `pending`.
 * Throws on faults that another attempt may cure; by then the claim is given up, so that any attempt may take it.
 */
export async function processUpload(event: UploadEvent, workshop: Workshop, invocation: Invocation): Promise<Processed> {
  const { ledger } = workshop;
  if (event.kind === 'removed' && (await workshop.originals.head(event.bucket, event.key)) !== undefined) {
    // One version among others was deleted, or a delete marker was, or an upload has followed: the photo that stands has its own event.
    await eraseRenditions(event, workshop);
    return { outcome: { status: 'superseded', key: event.key } };
  }
  const wanted = claimOf(event, workshop, invocation);
  const claimed = await ledger.claim(wanted);
  if (claimed.status === 'refused') return answerRefusal(wanted, claimed.record, workshop);

  const claim = { ...wanted, event: claimed.event };
  try {
    return await finish(claim, await attempt(claim, workshop, invocation), claimed.notified, workshop);
  } catch (error) {
    await ledger.release(claim, 'processing').catch(() => undefined); // The lease runs out by itself; the first fault is the one to tell.
    throw error;
  }
}

function claimOf(event: UploadEvent, workshop: Workshop, { owner, now }: Invocation): Claim {
  return { event, owner, now: now(), leaseExpiresAt: now() + workshop.leaseSeconds * 1000, recipeHash: recipeHash(workshop.recipe) };
}

/** The record stands in the way: it is newer, or of this very event and finished, unannounced or still being worked on. */
async function answerRefusal(claim: Claim, record: LedgerRecord, workshop: Workshop): Promise<Processed> {
  const { event, owner, now } = claim;
  const { ledger } = workshop;
  const sameUpload =
    event.kind === 'backfill' ? record.versionId === event.versionId && record.etag === event.etag : record.sequencer === event.sequencer;
  if (!sameUpload) return supersededBy(record, event, workshop);
  if (record.status === 'processing') {
    // A backfill is not retried for this event's sake: the event itself has to come again, should the backfill die.
    if (record.byBackfill && event.kind !== 'backfill') throw new TransientFault('Contention', 'a backfill is processing this upload');
    return { outcome: { status: 'duplicate', key: event.key, inProgress: true } };
  }
  if (record.notified || record.effect === undefined) return { outcome: { status: 'duplicate', key: event.key, inProgress: false } };
  const free = record.owner === owner || record.leaseExpiresAt <= now;
  if (!free || !(await ledger.takeOver(claim))) return { outcome: { status: 'duplicate', key: event.key, inProgress: true } };
  return { outcome: outcomeOf(record.effect), pending: { claim, effect: record.effect }, resumed: true };
}

type Attempt = Effect | { readonly status: 'superseded' } | { readonly status: 'gone' };

/** read → guard → render → store. A bad image is an effect, too. */
async function attempt(claim: Claim, workshop: Workshop, invocation: Invocation): Promise<Attempt> {
  const { event } = claim;
  if (event.kind === 'removed') return { status: 'gone' };
  try {
    refuseUnread(event, workshop);
    const read = await workshop.originals.read({
      bucket: event.bucket,
      key: event.key,
      etag: event.etag,
      maxBytes: workshop.limits.maxBytes,
    });
    if (read.status === 'gone') return { status: 'gone' };
    if (read.status === 'tooLarge') throw new ImageFailure('TooLarge', `more than ${workshop.limits.maxBytes} bytes`);
    if (read.status === 'unreadable') throw new ImageFailure(read.code, read.detail);
    if (read.status === 'replaced' || isAnotherVersion(read.object, event)) return { status: 'superseded' };
    return await makeRenditions(claim, read.object, workshop, invocation);
  } catch (error) {
    if (error instanceof ImageFailure) return failedEffect(event, error, invocation);
    throw error;
  }
}

/** What is decided without a download. */
function refuseUnread(event: UploadEvent, { recipe, limits }: Workshop): void {
  if (event.malformedKey) throw new ImageFailure('MalformedKey', 'the event carries a malformed percent escape');
  if (event.size === 0) throw new ImageFailure('Empty', '0 bytes');
  if (event.size !== undefined && event.size > limits.maxBytes) {
    throw new ImageFailure('TooLarge', `${event.size} bytes, at most ${limits.maxBytes} are accepted`);
  }
  for (const rendition of recipe.renditions) {
    const bytes = Buffer.byteLength(renditionKey(rendition, event.key));
    if (bytes > MAX_KEY_BYTES)
      throw new ImageFailure('KeyTooLong', `the ${rendition.name} key would have ${bytes} bytes, S3 allows ${MAX_KEY_BYTES}`);
  }
}

function isAnotherVersion(object: OriginalObject, event: UploadEvent): boolean {
  return event.versionId !== undefined && object.versionId !== undefined && object.versionId !== event.versionId;
}

async function makeRenditions(claim: Claim, original: OriginalObject, workshop: Workshop, invocation: Invocation): Promise<Attempt> {
  const rendered = await renderInTime(original.bytes, workshop, invocation);
  const { kept, dropped } = renditionMetadata(claim.event, original, claim.recipeHash, new Date(invocation.now()));
  if (dropped.length > 0) workshop.warn('user metadata does not fit on the renditions', { key: claim.event.key, dropped });
  const stored = await storeRenditions(claim, rendered.renditions, kept, workshop.renditions);
  if (stored.status === 'superseded') return { status: 'superseded' };
  return {
    status: 'processed',
    bucket: claim.event.bucket,
    key: claim.event.key,
    size: original.bytes.length,
    contentType: original.contentType,
    uploadedAt: claim.event.time.toISOString(),
    processedAt: new Date(invocation.now()).toISOString(),
    image: rendered.facts,
    renditions: stored.renditions,
  };
}

async function renderInTime(
  bytes: Buffer,
  { render, recipe, limits }: Workshop,
  { remainingMilliseconds, timeoutMilliseconds }: Invocation,
) {
  const budget = remainingMilliseconds() - RESERVE_MILLISECONDS;
  // An image whose turn came late in a long event never had its chance: the retry finds its neighbours done and starts with it.
  const cameLate = budget < (timeoutMilliseconds - RESERVE_MILLISECONDS) / 2;
  if (cameLate && budget <= 0) throw new TransientFault('OutOfTime', 'no time was left to process this image');
  try {
    return await render(bytes, { recipe, limits, timeoutMilliseconds: budget });
  } catch (error) {
    if (cameLate && error instanceof ImageFailure && error.code === 'DeadlineExceeded') {
      throw new TransientFault('OutOfTime', 'too little time was left to process this image');
    }
    throw error;
  }
}

/** Ends the claim. Only who still holds it may commit; whoever took over announces. */
async function finish(claim: Claim, attempted: Attempt, notified: boolean, workshop: Workshop): Promise<Processed> {
  const { event } = claim;
  if (attempted.status === 'gone') {
    if (workshop.deletePropagation) await eraseRenditions(event, workshop);
    await workshop.ledger.release(claim, 'gone');
    return { outcome: { status: 'gone', key: event.key } };
  }
  if (attempted.status === 'superseded') {
    await workshop.ledger.release(claim, 'superseded');
    return supersededBy(await workshop.ledger.read(event.bucket, event.key), event, workshop);
  }
  // A backfill of a million objects would be a million mails; the job's own report tells of it.
  const announce = !notified && event.kind !== 'backfill' && workshop.announces(attempted.status);
  if (!(await workshop.ledger.commit(claim, attempted, announce))) {
    return supersededBy(await workshop.ledger.read(event.bucket, event.key), event, workshop);
  }
  const outcome = outcomeOf(attempted);
  return announce ? { outcome, pending: { claim, effect: attempted } } : { outcome };
}

/** Leaves the field to a newer event, and nothing of ours standing in its way, be it of this attempt or of one that crashed. */
async function supersededBy(record: LedgerRecord | undefined, event: UploadEvent, workshop: Workshop): Promise<Processed> {
  if (record !== undefined && record.sequencer > event.sequencer) {
    if (record.status === 'gone' && workshop.deletePropagation) await eraseRenditions(event, workshop);
    else await withdrawRenditions(event, workshop);
  }
  return { outcome: { status: 'superseded', key: event.key } };
}

function failedEffect(event: UploadEvent, failure: ImageFailure, { now }: Invocation): Effect {
  return {
    status: 'failed',
    bucket: event.bucket,
    key: event.key,
    size: event.size,
    uploadedAt: event.time.toISOString(),
    processedAt: new Date(now()).toISOString(),
    failureCode: failure.code,
    detail: failure.message,
  };
}

function outcomeOf(effect: Effect): Outcome {
  return effect.status === 'processed'
    ? { status: 'processed', key: effect.key, image: effect.image, renditions: effect.renditions }
    : { status: 'failed', key: effect.key, failureCode: effect.failureCode, detail: effect.detail };
}
