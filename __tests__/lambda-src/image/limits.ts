import type { Rendition } from '../../../lambda-src/contract/recipe.ts';
import type { ImageLimits } from '../../../lambda-src/image/guard.ts';

/** Limits of a function with 512 MB of memory. */
export const LIMITS: ImageLimits = { maxBytes: 25_000_000, maxPixels: 30_000_000, maxAvifPixels: 12_000_000 };

/** Makes a rendition of at most 400 × 300 pixels, lossless by default, so that tests can compare pixels. */
export function rendition(changes: Partial<Rendition> = {}): Rendition {
  return { name: 'small', prefix: 'small/', width: 400, height: 300, fit: 'inside', format: 'png', quality: 90, ...changes };
}
