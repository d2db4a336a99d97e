import { rgbaToThumbHash } from 'thumbhash';
import { fromRaster, type Raster } from './raster.ts';
import { type Size, scaled, scaleFor } from './rendition-size.ts';

/** A ThumbHash stores at most 7 × 7 frequencies, so 32 pixels give the same hash as the 100 that it allows. */
const BOX = { width: 32, height: 32, fit: 'inside' } as const;

/** Returns the size to which a picture is scaled for its ThumbHash. */
export function thumbHashSize(picture: Size): Size {
  return scaled(picture, scaleFor(picture, BOX));
}

/** Makes a placeholder of about 25 bytes, in base64 (https://evanw.github.io/thumbhash/). */
export async function thumbHash(raster: Raster): Promise<string> {
  const { width, height } = thumbHashSize(raster);
  const pixels = await fromRaster(raster, { width, height }).ensureAlpha().raw().toBuffer();
  return Buffer.from(rgbaToThumbHash(width, height, pixels)).toString('base64');
}
