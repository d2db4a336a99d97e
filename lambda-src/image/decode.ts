import { corrupt } from './damage.ts';
import type { Deadline } from './deadline.ts';
import type { AdmittedImage } from './guard.ts';
import { untilItsEnd } from './jpeg-structure.ts';
import type { Raster } from './raster.ts';
import type { Size } from './rendition-size.ts';
import { sharp } from './sharp.ts';
import { decoderShrink, mayShrinkFully } from './shrink-on-load.ts';

/**
 * Decodes the whole picture once, at the given size (as displayed). Uses shrink-on-load where the decoder supports it.
 * @throws {ImageFailure} `Corrupt`
 */
export async function decodeImage(image: AdmittedImage, size: Size, deadline: Deadline): Promise<Raster> {
  const resizes = size.width !== image.width || size.height !== image.height;
  const { bytes, addedRows } = image.jpeg
    ? untilItsEnd(image.bytes, image.jpeg, resizes ? decoderShrink(image, size) : 1)
    : { bytes: image.bytes, addedRows: 0 };
  const pipeline = sharp(bytes, {
    failOn: 'warning',
    pages: 1,
    limitInputPixels: image.width * image.height + addedRows * Math.max(image.width, image.height),
    autoOrient: true,
    ignoreIcc: image.colour === 'as is',
  });
  pipeline.timeout({ seconds: deadline.secondsLeft() });
  if (resizes) {
    pipeline.resize(size.width, size.height, { fit: 'fill', fastShrinkOnLoad: mayShrinkFully(image, size) });
  }
  // sharp converts 16-bit images with a profile to Display P3 and then treats the result as sRGB, which fades colours by ΔE 13.
  if (image.colour === 'convert 16 bits') pipeline.withIccProfile('srgb');
  try {
    const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
  } catch (cause) {
    throw corrupt(cause, image.format, image.bytes, 'pixels');
  }
}
