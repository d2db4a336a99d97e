import type { Sharp } from 'sharp';
import type { Rendition } from '../contract/recipe.ts';
import type { FocalPoint } from './encode.ts';
import { fromRaster, type Raster } from './raster.ts';
import type { Size } from './rendition-size.ts';
import { sharp } from './sharp.ts';

/** Starts a sharp pipeline that resizes the pixels to `whole` and crops them to `part`. */
export function cropped(raster: Raster, whole: Size, part: Size, position: Rendition['position'], focalPoint?: FocalPoint): Sharp {
  if (position === 'attention' || position === 'entropy') return croppedCleverly(raster, part, position);
  const { x, y } = (position === 'focal' ? focalPoint : undefined) ?? { x: 0.5, y: 0.5 };
  return fromRaster(raster, whole).extract({ ...part, left: start(part.width, whole.width, x), top: start(part.height, whole.height, y) });
}

function croppedCleverly({ data, width, height, channels }: Raster, part: Size, position: 'attention' | 'entropy'): Sharp {
  return sharp(data, { raw: { width, height, channels } }).resize(part.width, part.height, { fit: 'cover', position });
}

/** Returns the focal point with which a rendition keeps the part that its position `attention` or `entropy` finds. */
export async function foundFocalPoint(raster: Raster, whole: Size, part: Size, position: 'attention' | 'entropy'): Promise<FocalPoint> {
  const { info } = await croppedCleverly(raster, part, position).raw().toBuffer({ resolveWithObject: true });
  const [left, top] = [Math.abs(info.cropOffsetLeft ?? 0), Math.abs(info.cropOffsetTop ?? 0)];
  // A quarter of a pixel more, so that rounding down finds the same pixel again.
  return { x: (left + part.width / 2 + 0.25) / whole.width, y: (top + part.height / 2 + 0.25) / whole.height };
}

/** Returns the start of a part, with its middle as close to the point as the whole allows. */
function start(part: number, whole: number, point: number): number {
  return Math.max(0, Math.min(whole - part, Math.floor(point * whole - part / 2)));
}

/** Reads the user metadata `focal-point`, such as `0.3,0.7`; returns undefined if it is not two numbers from 0 to 1. */
export function parseFocalPoint(text: string): FocalPoint | undefined {
  const [x, y, ...rest] = text.split(',').map((part) => (/^\s*(0?\.\d+|[01](\.\d*)?)\s*$/.test(part) ? Number(part) : Number.NaN));
  if (x === undefined || y === undefined || rest.length > 0) return undefined;
  return x <= 1 && y <= 1 ? { x, y } : undefined;
}
