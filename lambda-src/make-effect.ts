import { ImageFailure } from './contract/outcome.ts';
import { MAX_KEY_BYTES, outputsOf } from './contract/rendition-key.ts';
import type { Dependencies, Invocation } from './dependencies.ts';
import type { FocalPoint } from './image/encode.ts';
import { parseFocalPoint } from './image/position.ts';
import type { Claim, Effect, OriginalObject, UploadEvent } from './ports.ts';
import { renditionMetadata } from './rendition-metadata.ts';
import { storeRenditions } from './store-renditions.ts';
import { TransientFault } from './transient-fault.ts';

/** Time reserved at the end of an invocation to record and announce an image that exceeds its deadline, in milliseconds. */
const RESERVE_MILLISECONDS = 5_000;

/**
 * For this long after versioning is first enabled on a bucket, S3 may answer 404 for an object that exists
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/manage-versioning-examples.html).
 */
const FALSE_404_MILLISECONDS = 15 * 60_000;

/** An effect, or the reason why there is none: the version is no longer current, or the object does not exist. */
export type Attempt = Effect | { readonly status: 'replaced' } | { readonly status: 'gone' };

/** Reads, guards and renders an original and stores its renditions. A bad image is also an effect. */
export async function makeEffect(claim: Claim, dependencies: Dependencies, invocation: Invocation): Promise<Attempt> {
  const { event } = claim;
  const { originals, limits } = dependencies;
  try {
    refuseUnread(event, dependencies);
    const read = await originals.read({ bucket: event.bucket, key: event.key, etag: event.etag, maxBytes: limits.maxBytes });
    if (read.status === 'gone') return notFound(event, read.deleteMarker === true, invocation);
    if (read.status === 'tooLarge') throw new ImageFailure('TooLarge', `more than ${limits.maxBytes} bytes`);
    if (read.status === 'unreadable') throw new ImageFailure(read.code, read.detail);
    if (read.status === 'replaced' || isOtherVersion(read.object, event)) return { status: 'replaced' };
    return await makeRenditions(claim, read.object, dependencies, invocation);
  } catch (error) {
    if (error instanceof ImageFailure) return failedEffect(event, error, invocation);
    throw error;
  }
}

/** Rejects what can be rejected without a download. */
function refuseUnread(event: UploadEvent, { recipe, limits }: Dependencies): void {
  if (event.malformedKey) throw new ImageFailure('MalformedKey', 'the event contains a malformed percent escape');
  if (event.size === 0) throw new ImageFailure('Empty', '0 bytes');
  if (event.size !== undefined && event.size > limits.maxBytes) {
    throw new ImageFailure('TooLarge', `${event.size} bytes; the limit is ${limits.maxBytes}`);
  }
  for (const { name, key } of outputsOf(recipe, event.key)) {
    const bytes = Buffer.byteLength(key);
    if (bytes > MAX_KEY_BYTES)
      throw new ImageFailure('KeyTooLong', `the ${name} key would have ${bytes} bytes, S3 allows ${MAX_KEY_BYTES}`);
  }
}

/** A delete marker proves the deletion; without one, a recent upload may just not be visible yet (P9). */
function notFound(event: UploadEvent, deleteMarker: boolean, { now }: Invocation): Attempt {
  if (!deleteMarker && now() - event.time.getTime() < FALSE_404_MILLISECONDS) {
    throw new TransientFault('NotFoundYet', 'S3 does not find the object, but it was uploaded less than 15 minutes ago');
  }
  return { status: 'gone' };
}

function isOtherVersion(object: OriginalObject, event: UploadEvent): boolean {
  return event.versionId !== undefined && object.versionId !== undefined && object.versionId !== event.versionId;
}

async function makeRenditions(
  claim: Claim,
  original: OriginalObject,
  dependencies: Dependencies,
  invocation: Invocation,
): Promise<Attempt> {
  const { event, recipeHash: recipe } = claim;
  const rendered = await renderInTime(original.bytes, focalPointOf(claim, original, dependencies), dependencies, invocation);
  const { kept, dropped } = renditionMetadata(event, original, recipe, new Date(invocation.now()));
  if (dropped.length > 0) dependencies.warn('user metadata does not fit on the renditions', { key: event.key, dropped });
  const stored = await storeRenditions(claim, rendered.renditions, kept, dependencies);
  if (stored.status === 'superseded') return { status: 'replaced' };
  return {
    status: 'processed',
    bucket: event.bucket,
    key: event.key,
    versionId: event.versionId,
    size: original.bytes.length,
    contentType: original.contentType,
    uploadedAt: event.time.toISOString(),
    processedAt: new Date(invocation.now()).toISOString(),
    image: rendered.facts,
    renditions: stored.renditions,
    ...(rendered.metadata && { metadata: rendered.metadata }),
  };
}

/** Reads the point that renditions with the position `focal` keep. */
function focalPointOf({ event }: Claim, { userMetadata }: OriginalObject, { recipe, warn }: Dependencies): FocalPoint | undefined {
  const text = userMetadata['focal-point'];
  if (text === undefined || !recipe.renditions.some(({ position }) => position === 'focal')) return undefined;
  const point = parseFocalPoint(text);
  if (point === undefined) warn('the focal point is not two numbers from 0 to 1, such as 0.3,0.7; the centre is kept', { key: event.key });
  return point;
}

async function renderInTime(
  bytes: Buffer,
  focalPoint: FocalPoint | undefined,
  { render, recipe, limits }: Dependencies,
  { remainingMilliseconds, timeoutMilliseconds }: Invocation,
) {
  const budget = remainingMilliseconds() - RESERVE_MILLISECONDS;
  // An image that starts late in a long event has too little time. In the retry, the other records are done and it starts early.
  const cameLate = budget < (timeoutMilliseconds - RESERVE_MILLISECONDS) / 2;
  if (cameLate && budget <= 0) throw new TransientFault('OutOfTime', 'no time was left to process this image');
  try {
    return await render(bytes, { recipe, limits, focalPoint, timeoutMilliseconds: budget });
  } catch (error) {
    if (cameLate && error instanceof ImageFailure && error.code === 'DeadlineExceeded') {
      throw new TransientFault('OutOfTime', 'too little time was left to process this image');
    }
    throw error;
  }
}

function failedEffect(event: UploadEvent, failure: ImageFailure, { now }: Invocation): Effect {
  return {
    status: 'failed',
    bucket: event.bucket,
    key: event.key,
    versionId: event.versionId,
    size: event.size,
    uploadedAt: event.time.toISOString(),
    processedAt: new Date(now()).toISOString(),
    failureCode: failure.code,
    detail: failure.message,
  };
}
