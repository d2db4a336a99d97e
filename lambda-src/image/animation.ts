import { ImageFailure } from '../contract/outcome.ts';
import type { Recipe, Rendition } from '../contract/recipe.ts';
import { corrupt } from './damage.ts';
import type { Deadline } from './deadline.ts';
import { compose, outputFormat, type Picture, type RenderedRendition } from './encode.ts';
import { endsWithinFrame } from './gif-structure.ts';
import type { AdmittedImage, Animation, ImageLimits } from './guard.ts';
import { foundFocalPoint } from './position.ts';
import type { Raster } from './raster.ts';
import { renditionSize, scaled, scaleFor } from './rendition-size.ts';
import { sharp } from './sharp.ts';

const STILL: Animation = { frames: 1, delay: [], loop: 0 };

/**
 * Checks an animation against its limits before any frame is decoded.
 * @throws {ImageFailure} `TooManyPixels`
 */
export function admitAnimation({ animation, width, height }: AdmittedImage, { maxFrames = 0, maxAnimationPixels = 0 }: ImageLimits): void {
  const frames = animation?.frames ?? 1;
  if (frames > maxFrames) throw new ImageFailure('TooManyPixels', `${frames} frames; the limit of an animation is ${maxFrames}`);
  const pixels = frames * width * height;
  if (pixels > maxAnimationPixels) {
    throw new ImageFailure(
      'TooManyPixels',
      `${frames} frames of ${width} × ${height} are ${pixels} pixels; the limit of an animation is ${maxAnimationPixels}`,
    );
  }
}

/** Decodes all frames of an admitted animation once, and makes one animated rendition after the other. */
export async function renderAnimations(
  image: AdmittedImage,
  picture: Picture,
  renditions: readonly Rendition[],
  recipe: Recipe,
  deadline: Deadline,
): Promise<RenderedRendition[]> {
  const animation = image.animation ?? STILL;
  const frames = await decodeFrames(image, animation, deadline);
  const rendered: RenderedRendition[] = [];
  for (const rendition of renditions) rendered.push(await encodeAnimation(frames, animation, picture, rendition, recipe, deadline));
  return rendered;
}

/** Decodes all frames at their full size, so that resizing does not mix the edges of two frames. */
async function decodeFrames(image: AdmittedImage, { frames }: Animation, deadline: Deadline): Promise<Raster[]> {
  if (image.format === 'gif' && endsWithinFrame(image.bytes)) {
    throw new ImageFailure('Corrupt', 'the GIF ends before its last frame is complete');
  }
  const pipeline = sharp(image.bytes, {
    failOn: 'warning',
    pages: -1,
    limitInputPixels: image.width * image.height * frames,
    ignoreIcc: image.colour === 'as is',
  });
  pipeline.timeout({ seconds: deadline.secondsLeft() });
  try {
    const { data, info } = await pipeline.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const channels = info.channels === 4 ? 4 : 3;
    const bytes = image.width * image.height * channels;
    return Array.from({ length: frames }, (_, frame) => ({
      ...{ data: data.subarray(frame * bytes, (frame + 1) * bytes), width: image.width, height: image.height, channels },
    }));
  } catch (cause) {
    throw corrupt(cause, image.format, image.bytes, 'pixels');
  }
}

/** Makes an animated rendition, frame by frame. */
async function encodeAnimation(
  frames: readonly Raster[],
  { delay, loop }: Animation,
  picture: Picture,
  rendition: Rendition,
  recipe: Recipe,
  deadline: Deadline,
): Promise<RenderedRendition> {
  const [first] = frames;
  if (first === undefined) throw new RangeError('an animation without frames');
  const steady = await withSteadyCrop(first, picture, rendition);
  const { canvas } = await compose(first, steady.picture, steady.rendition, recipe);
  const bytes = canvas.width * canvas.height * 4;
  const pixels = Buffer.alloc(bytes * frames.length);
  for (const [index, frame] of frames.entries()) {
    deadline.check();
    const { image } = await compose(frame, steady.picture, steady.rendition, recipe);
    pixels.set(await image.ensureAlpha().raw().toBuffer(), index * bytes);
  }
  const { width, height } = canvas;
  const film = sharp(pixels, { raw: { width, height: height * frames.length, channels: 4, pageHeight: height }, limitInputPixels: false });
  const format = outputFormat(rendition, picture);
  const timing = { delay: [...delay], loop };
  if (picture.copyrightXmp !== undefined) film.withXmp(picture.copyrightXmp);
  const body = await (format === 'gif' ? film.gif(timing) : film.webp({ quality: rendition.quality, ...timing })).toBuffer();
  return { rendition, body, format, contentType: `image/${format}`, width, height };
}

/** Crops all frames like the first one: what draws the most attention may differ from frame to frame, and the picture would tremble. */
async function withSteadyCrop(first: Raster, picture: Picture, rendition: Rendition): Promise<{ picture: Picture; rendition: Rendition }> {
  const { position } = rendition;
  if (position !== 'attention' && position !== 'entropy') return { picture, rendition };
  const whole = scaled(picture, scaleFor(picture, rendition));
  const focalPoint = await foundFocalPoint(first, whole, renditionSize(picture, rendition), position);
  return { picture: { ...picture, focalPoint }, rendition: { ...rendition, position: 'focal' } };
}
