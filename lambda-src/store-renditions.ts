import { createHash } from 'node:crypto';
import type { StoredRendition } from './contract/outcome.ts';
import type { Recipe } from './contract/recipe.ts';
import { MAX_KEY_BYTES, type Output, outputsOf, renditionKey } from './contract/rendition-key.ts';
import type { Dependencies } from './dependencies.ts';
import { removeErasedCopy } from './failed-originals.ts';
import type { RenderedRendition } from './image/render.ts';
import { objectHeaders } from './object-headers.ts';
import type { Claim, Ledger, LedgerRecord, RenditionHead, RenditionUpload, UploadEvent } from './ports.ts';
import { TransientFault } from './transient-fault.ts';

export type StoreResult =
  | { readonly status: 'stored'; readonly renditions: readonly StoredRendition[] }
  | { readonly status: 'superseded' };

/** Where the outputs of a recipe are stored, and who may store them. */
export type Stores = Pick<Dependencies, 'recipe' | 'renditions' | 'ledger'>;

/** What the function stores of a photo, and where. */
type Outputs = Stores & Pick<Dependencies, 'quarantinePrefix' | 'deletePropagation'>;

/** Maximum attempts of a compare-and-swap; each failed one means that another run made progress. */
const ATTEMPTS = 5;

/** Stores every rendition by compare-and-swap. A single newer rendition shows that this event is superseded. */
export async function storeRenditions(
  claim: Claim,
  rendered: readonly RenderedRendition[],
  metadata: Readonly<Record<string, string>>,
  stores: Stores,
): Promise<StoreResult> {
  // Wait for all before throwing, so that no write of this attempt is still in progress when the next attempt begins.
  const results = await Promise.allSettled(rendered.map((one) => storeOne(claim, one, metadata, stores)));
  const fault = results.find((result) => result.status === 'rejected');
  if (fault !== undefined) throw fault.reason;
  if (results.some((result) => result.status === 'fulfilled' && result.value === 'superseded')) return { status: 'superseded' };
  return { status: 'stored', renditions: rendered.map((one) => describe(one, claim.event, stores.recipe)) };
}

async function storeOne(
  claim: Claim,
  { rendition, body, format, contentType }: RenderedRendition,
  metadata: Readonly<Record<string, string>>,
  stores: Stores,
): Promise<'stored' | 'superseded'> {
  const { key } = claim.event;
  const headers = objectHeaders(rendition, key, format);
  return storeOutput(claim, { key: renditionKey(rendition, key), body, contentType, metadata, ...headers }, stores);
}

/** Stores an object unless the bucket holds that of a newer event. */
export async function storeOutput(
  claim: Claim,
  upload: Omit<RenditionUpload, 'replaces'>,
  { renditions, ledger }: Pick<Stores, 'renditions' | 'ledger'>,
): Promise<'stored' | 'superseded'> {
  const { event } = claim;
  const put = (replaces?: string) => renditions.put({ ...upload, replaces });
  // A new photo has no renditions yet, so try to create them without a HEAD; this fails if one exists. A backfill usually finds some.
  if (event.kind !== 'backfill' && (await put()) === 'stored') return 'stored';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const top = await renditions.head(upload.key);
    if (top !== undefined && (await isNewer(top, claim, ledger))) return 'superseded';
    // Write even if another run of this event has stored the same rendition, because that run may be about to remove it.
    if ((await put(top?.etag)) === 'stored') return 'stored';
  }
  throw new TransientFault('Contention', `the rendition changed ${ATTEMPTS} times while it was being stored`);
}

/**
 * Returns whether a rendition is of a newer event. An event without a sequencer has looked up the current version, but its sequencer may be lower
 * than that of an older rendition: it stays just before an event that left its claim open, and a table that was restored to an earlier moment has
 * forgotten the newer events. Whoever stores a rendition claims the record first, so the claim decides; read it after the rendition.
 */
async function isNewer(top: RenditionHead, { event, run }: Pick<Claim, 'event' | 'run'>, ledger: Ledger): Promise<boolean> {
  if (top.sequencer <= event.sequencer) return false;
  return event.job === undefined || (await ledger.read(event.bucket, event.key))?.run !== run;
}

function describe(
  { rendition, body, format, width, height }: RenderedRendition,
  event: UploadEvent,
  { manifest }: Recipe,
): StoredRendition {
  const described = { name: rendition.name, key: renditionKey(rendition, event.key), width, height, format, bytes: body.length };
  return manifest ? { ...described, hash: createHash('sha256').update(body).digest('hex').slice(0, 16) } : described;
}

/**
 * Removes current renditions and manifests that can no longer be committed, because the attempt that stored them crashed or a newer event took over.
 * Compare-and-swap by ETag, a digest of the bytes, cannot prevent them: if photo A is replaced by B and then by A again, the write for B can
 * slip in between two equal ETags. Keeps those that the record names, because they may be the last good ones (P3).
 */
export async function removeStaleRenditions(
  { event, run }: { readonly event: Pick<UploadEvent, 'bucket' | 'key'>; readonly run: string },
  { renditions, ledger, ...outputs }: Outputs,
): Promise<void> {
  await removeErasedCopy(event, { renditions, ledger, ...outputs });
  for (const { kind, key } of storableOutputs(outputs.recipe, event.key)) {
    for (;;) {
      const top = await renditions.head(key);
      if (top?.recipeHash === undefined) break; // The key is free, or the object is not a rendition.
      // Read the record after the rendition: the run that stored it had claimed the record first, so it can commit only if that claim is still open.
      const record = await ledger.read(event.bucket, event.key);
      const isOpen = record?.status === 'processing' && record.sequencer === top.sequencer && record.run !== run;
      if (record === undefined || top.sequencer > record.sequencer || isOpen || isNamed(top, kind, record)) break;
      await renditions.remove(key, top);
    }
  }
}

function isNamed(top: RenditionHead, kind: Output['kind'], { renditionsOf, manifestOf }: LedgerRecord): boolean {
  const madeFor = kind === 'manifest' ? manifestOf : renditionsOf;
  if (madeFor === undefined) return false;
  return top.versionId === undefined ? top.sequencer === madeFor.sequencer : top.versionId === madeFor.versionId;
}

/** Returns the outputs of an original that can exist: S3 rejects even a HEAD of a longer key. */
function storableOutputs(recipe: Recipe, originalKey: string): Output[] {
  return outputsOf(recipe, originalKey).filter(({ key }) => Buffer.byteLength(key) <= MAX_KEY_BYTES);
}

/**
 * Deletes every version of a deleted photo's renditions, of its manifest and of its copies in quarantine, except those stored meanwhile by a
 * newer event or by another run of this event that took over. Each removal uncovers the previous version.
 */
export async function eraseRenditions({ event, run }: Claim, { recipe, quarantinePrefix, renditions, ledger }: Outputs): Promise<void> {
  const options = { deleteMarkers: true };
  const copies = quarantinePrefix === undefined ? [] : [quarantinePrefix + event.key];
  for (const key of [...storableOutputs(recipe, event.key).map((output) => output.key), ...copies]) {
    for (let top = await renditions.head(key, options); top !== undefined; top = await renditions.head(key, options)) {
      if (await isNewer(top, { event, run }, ledger)) break;
      // Another run of this event has the same sequencer; one that took over this claim without a sequencer of its own has the beginning of it.
      const mayBeOfSuccessor = event.sequencer.startsWith(top.sequencer);
      if (mayBeOfSuccessor && (await ledger.read(event.bucket, event.key))?.run !== run) break;
      await renditions.remove(key, top);
    }
  }
}
