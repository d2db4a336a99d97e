import type { Manifest, ManifestPicture } from './contract/manifest.ts';
import type { StoredRendition } from './contract/outcome.ts';
import { MAX_KEY_BYTES, manifestKey } from './contract/rendition-key.ts';
import type { Claim, Effect, Picture, RenditionsOf } from './ports.ts';
import { renditionMetadata } from './rendition-metadata.ts';
import { type Stores, storeOutput } from './store-renditions.ts';

/** Its type is `MANIFEST_VERSION` of contract/manifest.ts; importing the value would put the schema into the bundle. */
const VERSION = 1;

/**
 * Stores the manifest of an effect, if the recipe has one, after the renditions that it lists and before the commit. Written earlier, it could
 * make a cache keep an older rendition under the URL of a newer one.
 * @param lastGood what the record says about the renditions in the bucket
 */
export async function storeManifest(
  claim: Claim,
  effect: Effect,
  lastGood: RenditionsOf | undefined,
  stores: Stores,
): Promise<'stored' | 'superseded'> {
  const { event, recipeHash } = claim;
  const key = manifestKey(stores.recipe, event.key);
  // A photo with such a key has failed as `KeyTooLong`.
  if (key === undefined || Buffer.byteLength(key) > MAX_KEY_BYTES) return 'stored';
  const body = Buffer.from(JSON.stringify(manifestOf(effect, lastGood)));
  const { kept: metadata } = renditionMetadata(event, { userMetadata: {} }, recipeHash, new Date(effect.processedAt));
  // Its key stays the same when its content changes, so caches must ask whether it has.
  return storeOutput(claim, { key, body, contentType: 'application/json', metadata, cacheControl: 'no-cache' }, stores);
}

/** A failed photo's manifest still lists the last good renditions, because they stay in the bucket (P3). */
function manifestOf(effect: Effect, lastGood: RenditionsOf | undefined): Manifest {
  const { key, versionId } = effect;
  const common = { version: VERSION, key, versionId } as const;
  if (effect.status === 'processed') return { ...common, status: 'processed', picture: pictureOf(effect, versionId) };
  const picture = lastGood?.picture && pictureOf(lastGood.picture, lastGood.versionId);
  return { ...common, status: 'failed', failureCode: effect.failureCode, picture };
}

function pictureOf({ image, renditions }: Picture, versionId: string | undefined): ManifestPicture {
  const { width, height, thumbHash, averageColour = '' } = image;
  const aspectRatio = Math.round((width / height) * 10_000) / 10_000;
  return { versionId, width, height, aspectRatio, averageColour, thumbHash, renditions: renditions.map(listed) };
}

function listed({ name, key, hash = '', width, height, format, bytes }: StoredRendition): ManifestPicture['renditions'][number] {
  return { name, key, hash, href: `${relativeUrl(key)}?v=${hash}`, width, height, format, type: `image/${format}`, bytes };
}

/**
 * Returns a key as a relative URL. Browsers would take an empty segment at the beginning for a host, and resolve `.` and `..`, so the slashes
 * of such a key are encoded as well; S3 decodes them.
 */
function relativeUrl(key: string): string {
  const segments = key.toWellFormed().split('/');
  const isPlain = segments.every((segment) => !['', '.', '..'].includes(segment));
  return segments.map(encodeURIComponent).join(isPlain ? '/' : '%2F');
}
