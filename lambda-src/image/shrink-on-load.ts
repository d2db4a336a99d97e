import type { AdmittedImage } from './guard.ts';
import type { Size } from './rendition-size.ts';

/** By how much libjpeg can divide the sides while it decodes. */
const FACTORS = [8, 4, 2];

/**
 * By how much the Lanczos filter must still shrink: on a camera's photo, 1.1 costs 0.006 of SSIM, 1.3 costs 0.0023 and 1.4 costs
 * 0.0018 of what a full decode reaches. Below that, the next smaller factor is worth its 10–25 % of time.
 */
const LEAST_FILTERED = 1.4;

/**
 * Whether a decoder may shrink as far as it can while it reads (sharp's `fastShrinkOnLoad`), rather than half as far at the most.
 * A side that libjpeg cannot divide evenly is rounded up, which moves the picture by a fraction of a pixel: up to 0.02 of SSIM.
 * WebP may as well: without it, 50 megapixels take 400 MB instead of 15. Only to a single column or row libwebp loses the colour.
 */
export function mayShrinkFully(image: AdmittedImage, target: Size): boolean {
  if (image.format !== 'jpeg') return Math.min(target.width, target.height) > 1;
  const shrink = Math.min(image.width / target.width, image.height / target.height);
  const factor = FACTORS.find((candidate) => candidate <= shrink) ?? 1;
  return shrink / factor >= LEAST_FILTERED && image.width % factor === 0 && image.height % factor === 0;
}

/** By how much sharp will let libjpeg divide the sides of a JPEG that is resized to the target: 1, 2, 4 or 8. */
export function decoderShrink(image: AdmittedImage, target: Size): number {
  const shrink = Math.min(image.width / target.width, image.height / target.height);
  const leftToFilter = mayShrinkFully(image, target) ? 1 : 2;
  const factor = FACTORS.find((candidate) => candidate * leftToFilter <= shrink) ?? 1;
  // sharp avoids shrinking by almost nothing after libjpeg has rounded the sides.
  return factor > 1 && Math.floor(shrink) === factor ? factor / 2 : factor;
}
