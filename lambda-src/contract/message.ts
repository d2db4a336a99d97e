import * as z from 'zod/mini';
import { FAILURES, type FailureCode } from './outcome.ts';
import { OUTPUT_FORMATS } from './recipe.ts';

/*
 * The JSON messages of the notification topic. The function imports only the types; zod checks the messages in tests and generates
 * docs/message.schema.json (`npm run message-schema`).
 */

/** Version of the messages. New optional fields keep it; a removed or changed field increases it. */
const MESSAGE_VERSION = 1;

const pixels = z.int().check(z.positive());
const bytes = z.int().check(z.nonnegative());
const failureCodes = Object.keys(FAILURES) as FailureCode[];

/** The fields of every image. */
const image = {
  bucket: z.string().check(z.describe('The bucket of the original.')),
  key: z.string().check(z.describe('The key of the original, decoded.')),
  versionId: z.optional(z.string().check(z.describe('The version of the original; absent in buckets without versioning.'))),
  uploadedAt: z.iso.datetime().check(z.describe('When the original was uploaded, according to S3.')),
  processedAt: z.iso.datetime().check(z.describe('When the outcome was recorded.')),
};

const processedSchema = z.object({
  status: z.literal('processed'),
  ...image,
  size: bytes.check(z.describe('Bytes of the original.')),
  contentType: z.string().check(z.describe('The content type that the uploader set on the original.')),
  width: pixels.check(z.describe('Width of the original as displayed, after the EXIF orientation, in pixels.')),
  height: pixels.check(z.describe('Height of the original as displayed, in pixels.')),
  format: z.string().check(z.describe('Format of the original, detected from its bytes: jpeg, png, webp, avif, gif or tiff.')),
  placeholder: z.optional(z.string().check(z.describe('ThumbHash in base64 (https://evanw.github.io/thumbhash/).'))),
  metadata: z.optional(
    z
      .object({
        captureTime: z.optional(
          z.string().check(z.describe('When the photo was taken, in ISO 8601; without an offset, it is the local time of the camera.')),
        ),
        camera: z.optional(z.string().check(z.describe('Make and model.'))),
        copyright: z.optional(z.string()),
        caption: z.optional(z.string()),
        gps: z.optional(
          z.object({ latitude: z.number(), longitude: z.number() }).check(z.describe('In degrees; north and east are positive.')),
        ),
      })
      .check(z.describe('What the original says about itself, as far as the settings ask for it.')),
  ),
  renditions: z.array(
    z.object({
      name: z.string().check(z.describe("The rendition's name in the settings.")),
      key: z.string().check(z.describe('The key in the output bucket.')),
      width: pixels,
      height: pixels,
      format: z.enum(OUTPUT_FORMATS),
      bytes,
    }),
  ),
});

const failedSchema = z.object({
  status: z.literal('failed'),
  ...image,
  size: z.optional(bytes.check(z.describe('Bytes of the original; absent if the event did not state them.'))),
  failureCode: z.enum(failureCodes),
  reason: z.string().check(z.describe('Explains the failure code.')),
  nextStep: z.string().check(z.describe('What to do about the failure.')),
  detail: z.string().check(z.describe('What was found in this image, for operators.')),
});

const envelope = { version: z.literal(MESSAGE_VERSION), preset: z.string() };

const reportSchema = z.object({
  ...envelope,
  type: z.literal('report'),
  processed: z.int().check(z.nonnegative(), z.describe('Number of images that were processed.')),
  failed: z.int().check(z.nonnegative(), z.describe('Number of images that failed.')),
  images: z.array(z.discriminatedUnion('status', [processedSchema, failedSchema])),
  omitted: z
    .int()
    .check(z.nonnegative(), z.describe('Number of images that `images` omits, because a message has at most 256 KB; the table has them.')),
});

/** A message about one image, or a report about all images of an invocation. */
export const messageSchema = z.union([
  z.object({ ...envelope, type: z.literal('image'), ...processedSchema.shape }),
  z.object({ ...envelope, type: z.literal('image'), ...failedSchema.shape }),
  reportSchema,
]);

export type ImageBody = z.infer<typeof processedSchema> | z.infer<typeof failedSchema>;
export type MessageBody = z.infer<typeof messageSchema>;
