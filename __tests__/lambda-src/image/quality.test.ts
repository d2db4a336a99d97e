import { beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { RenderedRendition } from '../../../lambda-src/image/render.ts';
import { encodeRaster, paintPhoto } from '../../fixtures/photos.ts';
import { type Luma, lanczos, lumaOf, meanSsim } from '../../fixtures/similarity.ts';
import { rendition } from './limits.ts';
import { pixelsOf, render, renderOne } from './rendering.ts';

const [WIDTH, HEIGHT] = [1440, 1080];
const LARGE = { width: 480, height: 360 };
const SMALL = { width: 200, height: 150 };

describe('compared with a float Lanczos filter on the full-size picture', () => {
  let stored: Luma;
  let large: RenderedRendition | undefined;
  let small: RenderedRendition | undefined;

  beforeAll(async () => {
    const file = await encodeRaster(await paintPhoto(WIDTH, HEIGHT), { quality: 95 });
    stored = lumaOf(await pixelsOf(file));
    const recipe = [rendition({ name: 'large', ...LARGE }), rendition({ name: 'small', ...SMALL })];
    [large, small] = (await render(file, recipe)).renditions;
  });

  const similarity = async ({ width, height }: typeof LARGE, body: Buffer = Buffer.alloc(0)): Promise<number> =>
    meanSsim(lanczos(stored, width, height), lumaOf(await pixelsOf(body)));

  test('the largest rendition loses almost no quality through shrink-on-load', async () => {
    expect(await similarity(LARGE, large?.body)).toBeGreaterThan(0.985);
  });

  test('nor does a smaller rendition, which is made from the largest', async () => {
    expect(await similarity(SMALL, small?.body)).toBeGreaterThan(0.99);
  });

  test('nor does a picture whose sides the decoder cannot divide', async () => {
    const file = await encodeRaster(await paintPhoto(1441, 1081), { quality: 95 });
    const { body, width, height } = await renderOne(file, { width: 480, height: 480 });
    expect(meanSsim(lanczos(lumaOf(await pixelsOf(file)), width, height), lumaOf(await pixelsOf(body)))).toBeGreaterThan(0.99);
  });

  test('an upscaled picture would be noticed', async () => {
    const blurred = await sharp(small?.body).resize(LARGE.width, LARGE.height).png().toBuffer();
    expect(await similarity(LARGE, blurred)).toBeLessThan(0.9);
  });
});
