import { rgbaToThumbHash } from 'thumbhash';
import { fromRaster, type Raster } from './raster.ts';
import { type Size, scaled, scaleFor } from './rendition-size.ts';

/** A ThumbHash stores at most 7 × 7 frequencies, so 32 pixels give the same hash as the 100 that it allows. */
const BOX = { width: 32, height: 32, fit: 'inside' } as const;

/** Returns the size to which a picture is scaled for its ThumbHash. */
export function thumbHashSize(picture: Size): Size {
  return scaled(picture, scaleFor(picture, BOX));
}

/** What stands for a picture until it is loaded. */
export interface Placeholder {
  /** About 25 bytes, in base64 (https://evanw.github.io/thumbhash/). */
  readonly thumbHash: string;
  /** As `#rrggbb`: the mean of each channel, in sRGB, weighted by opacity. */
  readonly averageColour: string;
}

export async function placeholder(raster: Raster): Promise<Placeholder> {
  const { width, height } = thumbHashSize(raster);
  const pixels = await fromRaster(raster, { width, height }).ensureAlpha().raw().toBuffer();
  return { thumbHash: Buffer.from(rgbaToThumbHash(width, height, pixels)).toString('base64'), averageColour: averageColour(pixels) };
}

function averageColour(rgba: Buffer): string {
  const sums = [0, 0, 0];
  let opacity = 0;
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3] ?? 0;
    opacity += alpha;
    for (const channel of [0, 1, 2]) sums[channel] = (sums[channel] ?? 0) + alpha * (rgba[at + channel] ?? 0);
  }
  const mean = sums.map((sum) => Math.round(sum / Math.max(opacity, 1)));
  return `#${Buffer.from(mean).toString('hex')}`;
}
