import type { StoredRendition } from './contract/outcome.ts';
import { type Recipe, renditionKey } from './contract/recipe.ts';
import type { RenderedRendition } from './image/render.ts';
import type { Claim, ObjectHead, OriginalStore, RenditionHead, RenditionStore, UploadEvent } from './ports.ts';
import { TransientFault } from './transient-fault.ts';

export type StoreResult =
  | { readonly status: 'stored'; readonly renditions: readonly StoredRendition[] }
  | { readonly status: 'superseded' };

/** How often a compare-and-swap looks again; each loss means that somebody else made progress. */
const ATTEMPTS = 5;

/** Stores every rendition by compare-and-swap. One newer rendition found is enough to know that this work is superseded. */
export async function storeRenditions(
  claim: Claim,
  rendered: readonly RenderedRendition[],
  metadata: Readonly<Record<string, string>>,
  store: RenditionStore,
): Promise<StoreResult> {
  // All are waited for before a fault is thrown: nothing of this attempt may still be writing when the next one begins.
  const results = await Promise.allSettled(rendered.map((one) => storeOne(claim, one, metadata, store)));
  const fault = results.find((result) => result.status === 'rejected');
  if (fault !== undefined) throw fault.reason;
  if (results.some((result) => result.status === 'fulfilled' && result.value === 'superseded')) return { status: 'superseded' };
  return { status: 'stored', renditions: rendered.map((one) => describe(one, claim.event)) };
}

async function storeOne(
  { event, recipeHash }: Claim,
  { rendition, body, contentType }: RenderedRendition,
  metadata: Readonly<Record<string, string>>,
  store: RenditionStore,
): Promise<'stored' | 'superseded'> {
  const key = renditionKey(rendition, event.key);
  const put = (replaces?: string) => store.put({ key, body, contentType, metadata, replaces });
  // A new photo's rendition is new as well: its first write looks at nothing and fails where something stands. A backfill mostly finds something.
  if (event.kind !== 'backfill' && (await put()) === 'stored') return 'stored';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const standing = await store.head(key);
    if (standing !== undefined && isOf(standing, event)) {
      if (standing.recipeHash === recipeHash) return 'stored';
    } else if (standing !== undefined && standing.sequencer > event.sequencer) return 'superseded';
    if ((await put(standing?.etag)) === 'stored') return 'stored';
  }
  throw new TransientFault('Contention', `the rendition changed ${ATTEMPTS} times while it was being stored`);
}

/** Of this very event; or of the version that a backfill without a record processes, which has no sequencer to tell it by. */
function isOf(standing: RenditionHead, event: UploadEvent): boolean {
  if (standing.versionId !== event.versionId) return false;
  return standing.sequencer === event.sequencer || (event.sequencer === '' && event.versionId !== undefined);
}

function describe({ rendition, body, width, height }: RenderedRendition, event: UploadEvent): StoredRendition {
  return { name: rendition.name, key: renditionKey(rendition, event.key), width, height, format: rendition.format, bytes: body.length };
}

/**
 * Takes back what we stored although a newer event had taken over. Compare-and-swap goes by ETag, which is the digest of the
 * bytes: when photo A is replaced by B and then by A again, B's write can slip in between two equal ETags.
 */
export async function withdrawRenditions(
  event: UploadEvent,
  { recipe, renditions }: { recipe: Recipe; renditions: RenditionStore },
): Promise<void> {
  for (const rendition of recipe.renditions) {
    const key = renditionKey(rendition, event.key);
    const standing = await renditions.head(key);
    if (standing?.sequencer === event.sequencer && standing.versionId === event.versionId) await renditions.remove(key, standing);
  }
}

/**
 * Deletes what remains of a deleted photo: every version of its renditions that was not made from what stands under the
 * original key now. Each removal uncovers the version before it.
 */
export async function eraseRenditions(
  event: UploadEvent,
  { recipe, renditions, originals }: { recipe: Recipe; renditions: RenditionStore; originals: OriginalStore },
): Promise<void> {
  for (const rendition of recipe.renditions) {
    const key = renditionKey(rendition, event.key);
    for (let standing = await renditions.head(key); standing !== undefined; standing = await renditions.head(key)) {
      const original = await originals.head(event.bucket, event.key);
      if (original !== undefined && mayBeOf(standing, original)) break;
      await renditions.remove(key, standing);
    }
  }
}

/** Without versions on both sides nobody can tell, and what may be right stays. */
function mayBeOf(standing: RenditionHead, original: ObjectHead): boolean {
  return standing.versionId === undefined || original.versionId === undefined || standing.versionId === original.versionId;
}
