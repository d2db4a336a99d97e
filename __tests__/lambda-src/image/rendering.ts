import { afterAll } from '@jest/globals';
import sharp from 'sharp';
import type { Rendition } from '../../../lambda-src/contract/recipe.ts';
import type { FocalPoint } from '../../../lambda-src/image/encode.ts';
import { type RenderedImage, type RenderedRendition, renderImage } from '../../../lambda-src/image/render.ts';
import type { Triple } from '../../fixtures/colour-spaces.ts';
import type { Raster } from '../../fixtures/photos.ts';
import { LIMITS, rendition } from './limits.ts';

// What lambda-src closes stays closed in the whole process, in which Jest runs other suites as well.
afterAll(() => sharp.unblock({ operation: ['VipsForeignLoad'] }));

/** Renders with `LIMITS` and, by default, a white background. */
export function render(
  bytes: Buffer,
  renditions: readonly Rendition[],
  background = '#ffffff',
  focalPoint?: FocalPoint,
): Promise<RenderedImage> {
  const recipe = { renditions: [...renditions], background };
  return renderImage(bytes, { recipe, limits: LIMITS, focalPoint, timeoutMilliseconds: 100_000 });
}

/** Renders with a recipe of one rendition and returns that rendition. */
export async function renderOne(
  bytes: Buffer,
  changes: Partial<Rendition> = {},
  background?: string,
  focalPoint?: FocalPoint,
): Promise<RenderedRendition> {
  const { renditions } = await render(bytes, [rendition(changes)], background, focalPoint);
  const [only] = renditions;
  if (only === undefined) throw new Error('nothing was rendered');
  return only;
}

/** Decodes a file without rotating it. */
export async function pixelsOf(file: Buffer): Promise<Raster> {
  const { data, info } = await sharp(file).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3 && info.channels !== 4) throw new Error(`${info.channels} channels`);
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** Returns the colour of one pixel, without alpha. */
export function colourAt({ data, width, channels }: Raster, x: number, y: number): Triple {
  const at = (y * width + x) * channels;
  return [data.readUInt8(at), data.readUInt8(at + 1), data.readUInt8(at + 2)];
}
