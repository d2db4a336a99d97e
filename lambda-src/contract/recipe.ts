import { createHash } from 'node:crypto';
import { en } from 'zod/locales';
import * as z from 'zod/mini';

/** Formats that a rendition can ask for; `same` is the format of the original. */
export const RENDITION_FORMATS = ['jpeg', 'png', 'webp', 'avif', 'same'] as const;
/** Formats of the files that are written. GIF only comes from `same`. */
export const OUTPUT_FORMATS = ['jpeg', 'png', 'webp', 'avif', 'gif'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Sides of a rendition's box, in pixels. */
export const BOX_SIDE = { least: 100, most: 4096 } as const;

/** Most renditions of a recipe. */
const MAX_RENDITIONS = 24;

// zod/mini is half as large as zod, starts in a third of the time, and comes without words.
z.config(en());

const boxSide = z.coerce.number().check(z.int(), z.minimum(BOX_SIDE.least), z.maximum(BOX_SIDE.most));

const colour = z.string().check(z.regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour written as #rrggbb, such as #ffffff'));

/** The value of an HTTP header. */
const headerText = z
  .string()
  .check(z.regex(/^[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?$/, 'must be 1 to 200 visible US-ASCII characters'));

const keyPrefix = z
  .string()
  .check(
    z.regex(/^([A-Za-z0-9!_.'()-]+\/)*$/, 'must be empty or path segments that each end with "/", such as "resized/"'),
    z.maxLength(200),
  );

/** One image to derive from every upload. Options without a default are absent unless they are set. */
export const renditionSchema = z.strictObject({
  /** Name in records and reports: lower-case letters, digits and dashes, at most 32 characters. */
  name: z.string().check(z.regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, at most 32 characters')),
  /** Begins the rendition's key; empty or ending with `/`. */
  prefix: keyPrefix,
  /**
   * Template of the rendition's key. It begins with `{prefix}` and can contain `{key}` (the original's whole key), `{dir}/` (its folder, if any),
   * `{name}` (its name without extension), `{hash}` (32 hexadecimal digits that identify the key), `{rendition}` (this name), `{width}` and
   * `{height}` (of the box), and end with `.{ext}`: `jpg`, `png`, `webp` or `avif`, or with the format `same` the extension of the original's
   * key. `{key}`, `{hash}`, or `{dir}/{name}` and the format `same` keep the renditions of different originals apart. Default `{prefix}{key}`.
   */
  key: z.optional(
    z
      .string()
      .check(
        z.regex(
          /^\{prefix\}([A-Za-z0-9!_.'()/-]|\{(key|dir|name|hash|rendition|width|height|ext)\})*$/,
          'must begin with {prefix}, followed by letters, digits, any of "!_.\'()/-" and the placeholders {key}, {dir}, {name}, {hash}, {rendition}, {width}, {height} and {ext}',
        ),
        z.maxLength(200),
      ),
  ),
  /** Width of the box, in pixels, 100–4096. */
  width: boxSide,
  /** Height of the box, in pixels, 100–4096. */
  height: boxSide,
  /**
   * `inside` fits the whole picture into the box; `cover` fills the box and crops; `contain` fits the whole picture and fills the rest of the box
   * with the background. None enlarges the picture. Default `inside`.
   */
  fit: z._default(z.enum(['inside', 'cover', 'contain']), 'inside'),
  /**
   * Format of the output. `same` is the original's format: JPEG, PNG, WebP, AVIF or GIF, and JPEG for every other. Default `jpeg`.
   */
  format: z._default(z.enum(RENDITION_FORMATS), 'jpeg'),
  /** Encoder quality, 1–100; PNG and GIF ignore it. Default 90. */
  quality: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(100)), 90),
  /**
   * What `cover` keeps: the `centre`, the part that draws the most `attention` (faces, saturated colours), the one with the highest `entropy`, or
   * the surroundings of the `focal` point in the original's user metadata: `focal-point: 0.3,0.7` is 30 % from the left and 70 % from the top. If
   * that is missing or invalid, the centre. Default `centre`.
   */
  position: z.optional(z.enum(['centre', 'attention', 'entropy', 'focal'])),
  /** Colour behind transparent pixels and around a contained picture: `#rrggbb`, or `transparent` for formats other than JPEG. Default: the recipe's. */
  background: z.optional(z.union([colour, z.literal('transparent')])),
  /** Sharpens after the resizing: sigma of the mask, in pixels, 0.3–10; photographs need about 0.5. Default: not sharpened. */
  sharpen: z.optional(z.number().check(z.minimum(0.3), z.maximum(10))),
  /** Whether to put the recipe's watermark on it. Default false. */
  watermark: z.optional(z.boolean()),
  /** Whether an animated GIF or WebP stays animated; the format must be `webp` or `same`. Default false: its first frame. */
  animated: z.optional(z.boolean()),
  /** Cache-Control header, such as `public, max-age=31536000, immutable`. Default: none. */
  cacheControl: z.optional(headerText),
  /** Content-Disposition header; `{filename}` becomes the parameters that offer the original's name with the right extension. Default: none. */
  contentDisposition: z.optional(headerText),
  /** S3 storage class; all of these can be read at once. Default `STANDARD`. */
  storageClass: z.optional(z.enum(['STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'])),
  /** Object tags, at most 10 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html). Default: none. */
  tags: z.optional(
    z
      .record(
        z
          .string()
          .check(
            z.regex(
              /^(?!aws:)[A-Za-z0-9 +\-=._:/@]{1,128}$/i,
              'must be 1 to 128 letters, digits, spaces and "+-=._:/@", not beginning with "aws:"',
            ),
          ),
        z.string().check(z.regex(/^[A-Za-z0-9 +\-=._:/@]{0,256}$/, 'must be up to 256 letters, digits, spaces and "+-=._:/@"')),
      )
      .check(z.refine((tags) => Object.keys(tags).length <= 10, 'must be at most 10 tags')),
  ),
});
export type Rendition = z.infer<typeof renditionSchema>;

/** Colour behind transparent pixels where the format has no transparency (JPEG): `#rrggbb`. */
export const backgroundSchema = colour;

/** An image to put on renditions. */
export const watermarkSchema = z.strictObject({
  /** PNG with transparency, at most 1 MB; relative to the project. It is deployed as a layer of the function. */
  file: z.string().check(z.minLength(1)),
  /** Written by synthesis, never by hand: the first half of the SHA-256 of the file. */
  digest: z.optional(z.string().check(z.regex(/^[0-9a-f]{32}$/))),
  /** Where it goes. Default `southeast`. */
  gravity: z._default(
    z.enum(['centre', 'north', 'northeast', 'east', 'southeast', 'south', 'southwest', 'west', 'northwest']),
    'southeast',
  ),
  /** Multiplies its opacity, 0.05–1. Default 1. */
  opacity: z._default(z.number().check(z.minimum(0.05), z.maximum(1)), 1),
  /** Its width as a part of the picture's, 0.01–1; it also never gets higher than the picture. Default 0.2. */
  scale: z._default(z.number().check(z.minimum(0.01), z.maximum(1)), 0.2),
});
export type Watermark = z.infer<typeof watermarkSchema>;

/** The images to derive from every upload. */
export const recipeSchema = z.strictObject({
  /** The renditions, at most 24. If there are none, uploads are only checked and recorded. */
  renditions: z._default(z.array(renditionSchema).check(z.maxLength(MAX_RENDITIONS)), []),
  /** Colour behind transparent pixels where the format has no transparency: `#rrggbb`. Default `#ffffff`. */
  background: z._default(backgroundSchema, '#ffffff'),
  /** The image to put on the renditions with `watermark: true`. Default: none. */
  watermark: z.optional(watermarkSchema),
  /**
   * Whether to store a manifest of each photo in the bucket of the renditions: one JSON document with everything that a `<picture>` element
   * needs (docs/manifests.md). If it is turned off later, existing manifests stay. Default false.
   */
  manifest: z.optional(z.boolean()),
  /** Begins the key of a manifest: this, the original's key, and `.json`. Ends with `/`. Default `manifests/`. */
  manifestPrefix: z.optional(keyPrefix.check(z.minLength(1))),
  /**
   * What the record and the message say about the original, from its EXIF, XMP and IPTC metadata. Renditions and logs never contain it. Texts of a
   * PNG are not read. Default: nothing.
   */
  metadata: z.optional(
    z.strictObject({
      /** When the photo was taken, from EXIF. Default false. */
      captureTime: z.optional(z.boolean()),
      /** Make and model of the camera, from EXIF, up to 100 characters. Default false. */
      camera: z.optional(z.boolean()),
      /** Up to 500 characters. Default false. */
      copyright: z.optional(z.boolean()),
      /** Up to 2,000 characters. Default false. */
      caption: z.optional(z.boolean()),
      /** Where the photo was taken, from EXIF: often a home. Default false. */
      gps: z.optional(z.boolean()),
    }),
  ),
  /** Whether renditions carry the copyright of the original, and no other metadata, as XMP; GIF has no place for it. Default false. */
  keepCopyright: z.optional(z.boolean()),
});
export type Recipe = z.infer<typeof recipeSchema>;
export type MetadataField = keyof NonNullable<Recipe['metadata']>;

/** The metadata of originals that a recipe can ask for. */
export const METADATA_FIELDS = ['captureTime', 'camera', 'copyright', 'caption', 'gps'] as const satisfies readonly MetadataField[];

/** Returns the metadata that a recipe asks for. */
export function metadataFields({ metadata = {} }: Pick<Recipe, 'metadata'>): MetadataField[] {
  return METADATA_FIELDS.filter((field) => metadata[field]);
}

/** Returns an identifier of 16 hexadecimal characters. Recipes with the same hash make the same renditions. */
export function recipeHash({ renditions, background, watermark, ...options }: Recipe): string {
  // Options that are not set do not count, so that a release that adds one does not make every photo stale.
  const canonical = renditions.map(({ name, prefix, width, height, fit, format, quality, ...more }) => [
    ...[name, prefix, width, height, fit, format, quality],
    ...entriesOf(more),
  ]);
  // The digest stands for the file.
  const extras = entriesOf({ ...options, watermark: watermark && { ...watermark, file: undefined } });
  return createHash('sha256')
    .update(JSON.stringify([canonical, background.toLowerCase(), ...extras]))
    .digest('hex')
    .slice(0, 16);
}

/** Returns the options that are set, in an order that does not depend on how they are written. */
function entriesOf(options: object): [string, unknown][] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([option, value]): [string, unknown] => [option, typeof value === 'object' && value !== null ? entriesOf(value) : value])
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The options of a recipe that determine the keys of manifests. */
export type ManifestOptions = Pick<Recipe, 'manifest' | 'manifestPrefix'>;

/** Returns the prefix of the keys of manifests; undefined if the recipe has none. */
export function manifestPrefix({ manifest, manifestPrefix: prefix = 'manifests/' }: ManifestOptions): string | undefined {
  return manifest ? prefix : undefined;
}

/** Returns the prefixes of everything that a recipe stores, each once. */
export function outputPrefixes(recipe: { readonly renditions: readonly Pick<Rendition, 'prefix'>[] } & ManifestOptions): string[] {
  const manifests = manifestPrefix(recipe);
  return [...new Set([...recipe.renditions.map(({ prefix }) => prefix), ...(manifests === undefined ? [] : [manifests])])];
}
