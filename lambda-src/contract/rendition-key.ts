import { createHash } from 'node:crypto';
import { type ManifestOptions, manifestPrefix, type Recipe, type Rendition } from './recipe.ts';

/** S3 limits a key to 1,024 bytes of UTF-8 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html). */
export const MAX_KEY_BYTES = 1024;

/** The options of a rendition that determine its key. */
export type KeyedRendition = Pick<Rendition, 'name' | 'prefix' | 'key' | 'width' | 'height' | 'format'>;

/** Extensions of the formats; `same` has the extension of the original's key. */
export const EXTENSIONS: Readonly<Record<Rendition['format'], string | undefined>> = {
  jpeg: 'jpg',
  png: 'png',
  webp: 'webp',
  avif: 'avif',
  same: undefined,
};

/**
 * Returns the key of a rendition, which depends only on the original's key: an audit and an erasure must find it without the photo. Without a
 * template it is the prefix and the original's whole key. Synthesis rejects templates with which two originals could share a rendition
 * (config/rendition-keys.ts).
 */
export function renditionKey(rendition: KeyedRendition, originalKey: string): string {
  const { name, prefix, key: template, width, height, format } = rendition;
  if (template === undefined) return prefix + originalKey;
  const original = keyParts(originalKey);
  const values: Readonly<Record<string, string>> = {
    prefix,
    key: originalKey,
    dir: original.folder,
    name: original.name,
    rendition: name,
    width: `${width}`,
    height: `${height}`,
    ext: EXTENSIONS[format] ?? original.extension,
  };
  // `{dir}/` is one unit, because a key without a folder also has no slash, and one with the folder "/" has.
  return template.replace(/\{dir\}\/|\{([a-z]+)\}/g, (token, placeholder = 'dir') =>
    placeholder === 'hash' ? keyHash(originalKey) : (values[placeholder] ?? token),
  );
}

/** Splits a key into the folder with its last slash, the name, and the extension without its dot. A key consists of these and, before an extension, a dot. */
export function keyParts(key: string): { readonly folder: string; readonly name: string; readonly extension: string } {
  const at = key.lastIndexOf('/') + 1;
  const extension = key.slice(at).match(/\.([A-Za-z0-9]{1,8})$/)?.[1] ?? '';
  return { folder: key.slice(0, at), name: key.slice(at, extension === '' ? undefined : -extension.length - 1), extension };
}

/** Returns 32 hexadecimal characters: 128 bits, so that two keys with the same hash need not be expected. */
function keyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

/** Returns the key of an original's manifest; undefined if the recipe has none. */
export function manifestKey(recipe: ManifestOptions, originalKey: string): string | undefined {
  const prefix = manifestPrefix(recipe);
  return prefix === undefined ? undefined : `${prefix}${originalKey}.json`;
}

/** An object that a recipe stores for an original. */
export interface Output {
  readonly kind: 'rendition' | 'manifest';
  /** Of the rendition; `manifest` for the manifest. */
  readonly name: string;
  readonly key: string;
}

/** Returns every object that a recipe stores for an original: first the manifest, which must not outlast what it lists. */
export function outputsOf(recipe: Pick<Recipe, 'renditions'> & ManifestOptions, originalKey: string): Output[] {
  const manifest = manifestKey(recipe, originalKey);
  const renditions = recipe.renditions.map((rendition): Output => {
    return { kind: 'rendition', name: rendition.name, key: renditionKey(rendition, originalKey) };
  });
  return manifest === undefined ? renditions : [{ kind: 'manifest', name: 'manifest', key: manifest }, ...renditions];
}
