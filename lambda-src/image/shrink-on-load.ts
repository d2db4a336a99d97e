import type { AdmittedImage } from './guard.ts';
import type { Size } from './rendition-size.ts';

/** Factors by which libjpeg can divide the sides while it decodes. */
const FACTORS = [8, 4, 2];

/**
 * Minimum factor to leave for the Lanczos filter. On a camera photo, leaving 1.1 loses 0.006 of the SSIM of a full decode, 1.3 loses
 * 0.0023 and 1.4 loses 0.0018. Below 1.4, the next smaller decoder factor is worth its extra 10–25 % of time.
 */
const LEAST_FILTERED = 1.4;

/**
 * Returns whether the decoder may shrink by its full factor while it reads (sharp's `fastShrinkOnLoad`) instead of at most half of it.
 * libjpeg rounds up a side that it cannot divide evenly, which shifts the picture by a fraction of a pixel and costs up to 0.02 of SSIM.
 * WebP always may, because 50 megapixels then take 15 MB instead of 400, except when it shrinks to a single row or column, where libwebp
 * loses the colour.
 */
export function mayShrinkFully(image: AdmittedImage, target: Size): boolean {
  if (image.format !== 'jpeg') return Math.min(target.width, target.height) > 1;
  const shrink = Math.min(image.width / target.width, image.height / target.height);
  const factor = FACTORS.find((candidate) => candidate <= shrink) ?? 1;
  return shrink / factor >= LEAST_FILTERED && image.width % factor === 0 && image.height % factor === 0;
}

/** Returns the factor by which sharp lets libjpeg divide the sides of a JPEG that it resizes to the target: 1, 2, 4 or 8. */
export function decoderShrink(image: AdmittedImage, target: Size): number {
  const shrink = Math.min(image.width / target.width, image.height / target.height);
  const leftToFilter = mayShrinkFully(image, target) ? 1 : 2;
  const factor = FACTORS.find((candidate) => candidate * leftToFilter <= shrink) ?? 1;
  // sharp avoids a tiny resize after libjpeg has rounded the sides.
  return factor > 1 && Math.floor(shrink) === factor ? factor / 2 : factor;
}
