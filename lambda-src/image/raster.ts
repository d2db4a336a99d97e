import type { Sharp } from 'sharp';
import { sharp } from './confined-sharp.ts';
import type { Size } from './rendition-size.ts';

/** Decoded pixels: 8-bit sRGB, row by row, turned the right way up, with alpha as the fourth channel if there is any. */
export interface Raster extends Size {
  readonly data: Buffer;
  readonly channels: 3 | 4;
}

/** Begins a pipeline on the pixels, at the given size. Nothing but pixels goes in, so no metadata can come out. */
export function fromRaster(raster: Raster, size: Size): Sharp {
  const { data, width, height, channels } = raster;
  const image = sharp(data, { raw: { width, height, channels } });
  return size.width === width && size.height === height ? image : image.resize(size.width, size.height, { fit: 'fill' });
}
