import type { ImageFacts, PhotoMetadata } from '../contract/outcome.ts';
import { metadataFields, type Recipe, type Rendition } from '../contract/recipe.ts';
import { type Deadline, withinDeadline } from './deadline.ts';
import { decodeImage } from './decode.ts';
import { encodeRendition, type FocalPoint, type Picture, type RenderedRendition } from './encode.ts';
import { type AdmittedImage, admitImage, type ImageLimits } from './guard.ts';
import type { HeicSupport } from './heic.ts';
import { placeholder, thumbHashSize } from './placeholder.ts';
import { type Size, scaled, scaleFor } from './rendition-size.ts';

export type { RenderedRendition } from './encode.ts';

/** The renditions of an original and what was learned about it. */
export interface RenderedImage {
  readonly facts: ImageFacts;
  /** In the order of the recipe. */
  readonly renditions: readonly RenderedRendition[];
  /** Absent unless the recipe asks for it. */
  readonly metadata?: PhotoMetadata | undefined;
}

interface RenderOptions {
  readonly recipe: Recipe;
  readonly limits: ImageLimits;
  /** What renditions with the position `focal` keep. Default: the centre. */
  readonly focalPoint?: FocalPoint | undefined;
  /** Time limit for the whole image. */
  readonly timeoutMilliseconds: number;
  /** Decodes HEIC photos. Default: they fail with `UnsupportedHeic`. */
  readonly heic?: HeicSupport | undefined;
}

/**
 * Checks an original and makes all its renditions from one decode. With an empty recipe it still decodes the whole image.
 * @throws {ImageFailure} if the image itself is at fault or takes too long (`DeadlineExceeded`)
 */
export async function renderImage(bytes: Buffer, options: RenderOptions): Promise<RenderedImage> {
  return withinDeadline(options.timeoutMilliseconds, async (deadline) => {
    const image = await admitImage(bytes, options.limits, deadline, options.heic);
    deadline.check();
    const { metadata, copyrightXmp } = await metadataOf(image, bytes, options.recipe);
    return { ...(await renderAdmitted(image, { ...options, copyrightXmp }, deadline)), ...(metadata && { metadata }) };
  });
}

/** Reads what the record and the renditions say about the original. The code is loaded only if the recipe asks for it. */
async function metadataOf(
  { bytes, format }: AdmittedImage,
  original: Buffer,
  recipe: Recipe,
): Promise<Pick<RenderedImage, 'metadata'> & Pick<Picture, 'copyrightXmp'>> {
  const fields = metadataFields(recipe);
  if (fields.length === 0 && !recipe.keepCopyright) return {};
  const { copyrightPacket, readPhotoMetadata } = await import('./photo-metadata.ts');
  const read = await readPhotoMetadata(format === 'png' ? bytes : original, format);
  const known = fields.filter((field) => read[field] !== undefined);
  return {
    metadata: known.length === 0 ? undefined : Object.fromEntries(known.map((field) => [field, read[field]])),
    copyrightXmp: recipe.keepCopyright && read.copyright !== undefined ? copyrightPacket(read.copyright) : undefined,
  };
}

async function renderAdmitted(
  image: AdmittedImage,
  options: RenderOptions & Pick<Picture, 'copyrightXmp'>,
  deadline: Deadline,
): Promise<RenderedImage> {
  const { format, width, height } = image;
  const { recipe, focalPoint, copyrightXmp, limits } = options;
  const picture = { format, width, height, focalPoint, copyrightXmp };
  const moving = image.animation === undefined ? [] : recipe.renditions.filter(({ animated }) => animated);
  const still = recipe.renditions.filter((rendition) => !moving.includes(rendition));
  const animations = moving.length === 0 ? undefined : await import('./animation.ts');
  animations?.admitAnimation(image, limits);
  const raster = await decodeImage(image, rasterSize(image, still), deadline);
  deadline.check();
  const [{ thumbHash, averageColour }, ...rendered] = await Promise.all([
    placeholder(raster),
    ...still.map((rendition) => encodeRendition(raster, picture, rendition, recipe)),
  ]);
  if (animations !== undefined) rendered.push(...(await animations.renderAnimations(image, picture, moving, recipe, deadline)));
  const renditions = recipe.renditions.flatMap((rendition) => rendered.filter((one) => one.rendition === rendition));
  return { facts: { width, height, format, thumbHash, ...(recipe.manifest ? { averageColour } : {}) }, renditions };
}

/** Returns the size to decode to: that of the largest rendition, before cropping. */
function rasterSize(image: Size, renditions: readonly Rendition[]): Size {
  if (renditions.length === 0) return thumbHashSize(image);
  return scaled(image, Math.max(...renditions.map((rendition) => scaleFor(image, rendition))));
}
