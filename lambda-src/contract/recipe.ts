import { createHash } from 'node:crypto';
import { en } from 'zod/locales';
import * as z from 'zod/mini';

/** Output formats of renditions. */
export const RENDITION_FORMATS = ['jpeg', 'png', 'webp', 'avif'] as const;
export type RenditionFormat = (typeof RENDITION_FORMATS)[number];

/** S3 limits a key to 1,024 bytes of UTF-8 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html). */
export const MAX_KEY_BYTES = 1024;

/** Sides of a rendition's box, in pixels. */
export const BOX_SIDE = { least: 100, most: 4096 } as const;

// zod/mini is half as large as zod, starts in a third of the time, and comes without words.
z.config(en());

const boxSide = z.coerce.number().check(z.int(), z.minimum(BOX_SIDE.least), z.maximum(BOX_SIDE.most));

const keyPrefix = z
  .string()
  .check(
    z.regex(/^([A-Za-z0-9!_.'()-]+\/)*$/, 'must be empty or path segments that each end with "/", such as "resized/"'),
    z.maxLength(200),
  );

/** One image to derive from every upload. */
export const renditionSchema = z.strictObject({
  /** Name in records and reports: lower-case letters, digits and dashes, at most 32 characters. */
  name: z.string().check(z.regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, at most 32 characters')),
  /** Prepended to the original's key to form the rendition's key; empty or ending with `/`. */
  prefix: keyPrefix,
  /** Width of the box, in pixels, 100–4096. */
  width: boxSide,
  /** Height of the box, in pixels, 100–4096. */
  height: boxSide,
  /** `inside` fits the whole picture into the box; `cover` fills the box and crops. Neither enlarges. Default `inside`. */
  fit: z._default(z.enum(['inside', 'cover']), 'inside'),
  /** Format of the output. Default `jpeg`. */
  format: z._default(z.enum(RENDITION_FORMATS), 'jpeg'),
  /** Encoder quality, 1–100; PNG is lossless and ignores it. Default 90. */
  quality: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(100)), 90),
});
export type Rendition = z.infer<typeof renditionSchema>;

/** Colour behind transparent pixels where the format has no transparency (JPEG): `#rrggbb`. */
export const backgroundSchema = z.string().check(z.regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour written as #rrggbb, such as #ffffff'));

/** The images to derive from every upload. */
export const recipeSchema = z.strictObject({
  /** The renditions. If there are none, uploads are only checked and recorded. */
  renditions: z._default(z.array(renditionSchema).check(z.maxLength(10)), []),
  /** Default white. */
  background: z._default(backgroundSchema, '#ffffff'),
  /**
   * Whether to store a manifest beside the renditions of each photo: one JSON document with everything that a `<picture>` element needs
   * (docs/manifests.md). If it is turned off later, existing manifests stay in the bucket. Default false.
   */
  manifest: z.optional(z.boolean()),
  /** Prepended to the original's key to form the key of its manifest, which ends with `.json`. Default `manifests/`. */
  manifestPrefix: z.optional(keyPrefix.check(z.minLength(1))),
});
export type Recipe = z.infer<typeof recipeSchema>;

/** Returns an identifier of 16 hexadecimal characters. Recipes with the same hash make the same renditions. */
export function recipeHash(recipe: Recipe): string {
  const canonical = recipe.renditions.map((r) => [r.name, r.prefix, r.width, r.height, r.fit, r.format, r.quality]);
  // What is off adds nothing, so that a new option does not make the existing renditions outdated.
  const manifest = recipe.manifest ? [{ manifest: manifestPrefix(recipe) }] : [];
  return createHash('sha256')
    .update(JSON.stringify([canonical, recipe.background.toLowerCase(), ...manifest]))
    .digest('hex')
    .slice(0, 16);
}

/** Returns the key of a rendition: the prefix and the original's whole key, so that two originals never share an output. */
export function renditionKey(rendition: Pick<Rendition, 'prefix'>, originalKey: string): string {
  return rendition.prefix + originalKey;
}

/** Returns the prefix of the keys of manifests; undefined if the recipe has none. */
export function manifestPrefix({ manifest, manifestPrefix: prefix = 'manifests/' }: Pick<Recipe, 'manifest' | 'manifestPrefix'>) {
  return manifest ? prefix : undefined;
}

/** Returns the key of an original's manifest; undefined if the recipe has none. */
export function manifestKey(recipe: Pick<Recipe, 'manifest' | 'manifestPrefix'>, originalKey: string): string | undefined {
  const prefix = manifestPrefix(recipe);
  return prefix && `${prefix}${originalKey}.json`;
}

/** An object that the recipe stores for an original. */
export interface Output {
  readonly kind: 'rendition' | 'manifest';
  /** Of the rendition; `manifest` for the manifest. */
  readonly name: string;
  readonly key: string;
}

/** Returns every object that the recipe stores for an original: first the manifest, because it must not outlast what it lists. */
export function outputsOf(recipe: Recipe, originalKey: string): Output[] {
  const manifest = manifestKey(recipe, originalKey);
  return [
    ...(manifest === undefined ? [] : [{ kind: 'manifest', name: 'manifest', key: manifest } as const]),
    ...recipe.renditions.map((rendition) => {
      return { kind: 'rendition', name: rendition.name, key: renditionKey(rendition, originalKey) } as const;
    }),
  ];
}
