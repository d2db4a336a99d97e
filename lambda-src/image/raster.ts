import type { Sharp } from 'sharp';
import type { Size } from './rendition-size.ts';
import { sharp } from './sharp.ts';

/** Decoded pixels: 8-bit sRGB, row by row, upright, with alpha as the fourth channel if there is any. */
export interface Raster extends Size {
  readonly data: Buffer;
  readonly channels: 3 | 4;
}

/** Starts a sharp pipeline from the pixels, resized to `size`. Its input is only pixels, so its output cannot contain metadata. */
export function fromRaster(raster: Raster, size: Size): Sharp {
  const { data, width, height, channels } = raster;
  const image = sharp(data, { raw: { width, height, channels } });
  return size.width === width && size.height === height ? image : image.resize(size.width, size.height, { fit: 'fill' });
}
