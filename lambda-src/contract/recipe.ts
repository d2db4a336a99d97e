import { createHash } from 'node:crypto';
import * as z from 'zod';

/** Output formats of renditions. */
export const RENDITION_FORMATS = ['jpeg', 'png', 'webp', 'avif'] as const;
export type RenditionFormat = (typeof RENDITION_FORMATS)[number];

/** S3 limits a key to 1,024 bytes of UTF-8 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html). */
export const MAX_KEY_BYTES = 1024;

const boxSide = z.coerce.number().int().min(100).max(4096);

/** One image to derive from every upload. */
export const renditionSchema = z.strictObject({
  /** Name in records and reports: lower-case letters, digits and dashes, at most 32 characters. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, at most 32 characters'),
  /** Prepended to the original's key to form the rendition's key; empty or ending with `/`. */
  prefix: z
    .string()
    .regex(/^([A-Za-z0-9!_.'()-]+\/)*$/, 'must be empty or path segments that each end with "/", such as "resized/"')
    .max(200),
  /** Width of the box, in pixels, 100–4096. */
  width: boxSide,
  /** Height of the box, in pixels, 100–4096. */
  height: boxSide,
  /** `inside` fits the whole picture into the box; `cover` fills the box and crops. Neither enlarges. Default `inside`. */
  fit: z.enum(['inside', 'cover']).default('inside'),
  /** Format of the output. Default `jpeg`. */
  format: z.enum(RENDITION_FORMATS).default('jpeg'),
  /** Encoder quality, 1–100; PNG is lossless and ignores it. Default 90. */
  quality: z.coerce.number().int().min(1).max(100).default(90),
});
export type Rendition = z.infer<typeof renditionSchema>;

/** The images to derive from every upload. */
export const recipeSchema = z.strictObject({
  /** The renditions. If there are none, uploads are only checked and recorded. */
  renditions: z.array(renditionSchema).max(10).default([]),
  /** Colour behind transparent pixels where the format has no transparency (JPEG): `#rrggbb`. Default white. */
  background: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour written as #rrggbb, such as #ffffff')
    .default('#ffffff'),
});
export type Recipe = z.infer<typeof recipeSchema>;

/** Returns an identifier of 16 hexadecimal characters. Recipes with the same hash make the same renditions. */
export function recipeHash(recipe: Recipe): string {
  const canonical = recipe.renditions.map((r) => [r.name, r.prefix, r.width, r.height, r.fit, r.format, r.quality]);
  return createHash('sha256')
    .update(JSON.stringify([canonical, recipe.background.toLowerCase()]))
    .digest('hex')
    .slice(0, 16);
}

/** Returns the key of a rendition: the prefix and the original's whole key, so that two originals never share an output. */
export function renditionKey(rendition: Pick<Rendition, 'prefix'>, originalKey: string): string {
  return rendition.prefix + originalKey;
}
