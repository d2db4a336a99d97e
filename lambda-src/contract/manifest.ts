import * as z from 'zod/mini';
import { FAILURES, type FailureCode } from './outcome.ts';
import { OUTPUT_FORMATS } from './recipe.ts';

/*
 * The manifests in the output bucket. The function imports only the types; zod checks manifests in tests and generates
 * docs/manifest.schema.json (`npm run manifest-schema`).
 */

/** Version of the manifests. New optional fields keep it; a removed or changed field increases it. */
const MANIFEST_VERSION = 1;

const pixels = z.int().check(z.positive());
const failureCodes = Object.keys(FAILURES) as FailureCode[];

const renditionSchema = z.object({
  name: z.string().check(z.describe("The rendition's name in the settings.")),
  key: z.string().check(z.describe('The key in the output bucket.')),
  hash: z.string().check(z.describe('Digest of the bytes, 16 hexadecimal characters.')),
  href: z
    .string()
    .check(
      z.describe('The key as a relative URL, with the hash as its query, so that a cache never serves an older rendition under this URL.'),
    ),
  width: pixels,
  height: pixels,
  format: z.enum(OUTPUT_FORMATS),
  type: z.string().check(z.describe('The media type, for the attribute of the same name of a <source> element.')),
  bytes: z.int().check(z.nonnegative()),
});

const pictureSchema = z.object({
  versionId: z.optional(
    z.string().check(z.describe('The version of the original that the renditions are made from; absent in buckets without versioning.')),
  ),
  width: pixels.check(z.describe('Width of the original as displayed, in pixels.')),
  height: pixels.check(z.describe('Height of the original as displayed, in pixels.')),
  aspectRatio: z.number().check(z.positive(), z.describe('Width divided by height, rounded to four decimal places.')),
  averageColour: z.string().check(z.describe('The average colour of the picture, as #rrggbb.')),
  thumbHash: z.optional(z.string().check(z.describe('ThumbHash in base64 (https://evanw.github.io/thumbhash/).'))),
  renditions: z.array(renditionSchema).check(z.describe('The renditions, in the order of the settings.')),
});

const common = {
  version: z.literal(MANIFEST_VERSION),
  key: z.string().check(z.describe('The key of the original.')),
  versionId: z.optional(
    z.string().check(z.describe('The version of the original that this manifest describes; absent in buckets without versioning.')),
  ),
};

/** The manifest of one photo. */
export const manifestSchema = z.discriminatedUnion('status', [
  z.object({ ...common, status: z.literal('processed'), picture: pictureSchema }),
  z.object({
    ...common,
    status: z.literal('failed'),
    failureCode: z.enum(failureCodes).check(z.describe('Why this version failed.')),
    picture: z.optional(
      pictureSchema.check(z.describe('The last good version, whose renditions are still in the bucket; absent if there is none.')),
    ),
  }),
]);

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestPicture = z.infer<typeof pictureSchema>;
