import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { recipeSchema } from '../../../lambda-src/contract/recipe.ts';
import { renderImage } from '../../../lambda-src/image/render.ts';
import type { Triple } from '../../fixtures/colour-spaces.ts';
import { LIMITS, rendition } from './limits.ts';
import { colourAt, pixelsOf, render, renderOne } from './rendering.ts';

const COLOURS = ['#ff0000', '#00ff00', '#0000ff', '#ffff00'] as const;
const DELAYS = [100, 200, 300, 400];
const ANIMATION_LIMITS = { maxFrames: 4, maxAnimationPixels: 4 * 200 * 100 };

/** An animation of plain frames in these colours. */
async function animation(format: 'gif' | 'webp', colours: readonly string[] = COLOURS, width = 200, height = 100): Promise<Buffer> {
  const frames = await Promise.all(
    colours.map((background) =>
      sharp({ create: { width, height, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  const film = sharp(frames.length === 1 ? frames[0] : frames, frames.length === 1 ? {} : { join: { animated: true } });
  const timing = { delay: DELAYS.slice(0, colours.length), loop: 3 };
  return format === 'gif' ? film.gif(timing).toBuffer() : film.webp({ lossless: true, ...timing }).toBuffer();
}

async function renderMoving(bytes: Buffer, changes: Parameters<typeof rendition>[0], limits = ANIMATION_LIMITS) {
  const recipe = recipeSchema.parse({ renditions: [rendition({ animated: true, ...changes })] });
  const { renditions } = await renderImage(bytes, { recipe, limits: { ...LIMITS, ...limits }, timeoutMilliseconds: 100_000 });
  const [only] = renditions;
  if (only === undefined) throw new Error('nothing was rendered');
  return only;
}

/** The colours at one place of every frame. */
async function coloursOf(file: Buffer, x: number, y: number): Promise<Triple[]> {
  const { pages = 1, pageHeight = 0 } = await sharp(file, { pages: -1 }).metadata();
  const { data, info } = await sharp(file, { pages: -1 }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const height = pages === 1 ? info.height : pageHeight;
  return Array.from({ length: pages }, (_, page) =>
    colourAt({ data, width: info.width, height: info.height, channels: 3 }, x, page * height + y),
  );
}

const rounded = (colours: readonly Triple[]) => colours.map((colour) => colour.map((value) => Math.round(value / 32) * 32));

describe('an animated rendition', () => {
  test.each([
    ['gif', 'same', 'gif'],
    ['gif', 'webp', 'webp'],
    ['webp', 'same', 'webp'],
    ['webp', 'webp', 'webp'],
  ] as const)('of a %s with the format %s has all frames, their times and the loop', async (original, format, expected) => {
    const made = await renderMoving(await animation(original), { width: 100, height: 100, format });
    const found = await sharp(made.body, { pages: -1 }).metadata();
    expect(made).toMatchObject({ format: expected, contentType: `image/${expected}`, width: 100, height: 50 });
    expect(found).toMatchObject({ format: expected, pages: 4, width: 100, pageHeight: 50, delay: DELAYS, loop: 3 });
    expect(rounded(await coloursOf(made.body, 50, 25))).toEqual([
      [256, 0, 0],
      [0, 256, 0],
      [0, 0, 256],
      [256, 256, 0],
    ]);
  });

  test('does not mix the edges of its frames', async () => {
    const made = await renderMoving(await animation('gif'), { width: 100, height: 100, format: 'same' });
    for (const y of [0, 49]) expect((await coloursOf(made.body, 50, y))[1]).toEqual([0, 255, 0]);
  });

  test('is cropped and padded frame by frame', async () => {
    const film = await animation('gif');
    const [covered, contained] = await Promise.all([
      renderMoving(film, { width: 100, height: 100, fit: 'cover', format: 'same' }),
      renderMoving(film, { width: 100, height: 100, fit: 'contain', format: 'same', background: '#ffffff' }),
    ]);
    expect([covered, contained].map(({ width, height }) => [width, height])).toEqual([
      [100, 100],
      [100, 100],
    ]);
    expect(rounded(await coloursOf(covered.body, 5, 95))).toEqual(rounded(await coloursOf(film, 5, 95)));
    expect(await coloursOf(contained.body, 50, 5)).toEqual(Array(4).fill([255, 255, 255]));
    expect(rounded(await coloursOf(contained.body, 50, 50))).toEqual(rounded(await coloursOf(film, 50, 50)));
  });

  test('keeps one crop for all frames, also where each has its own centre of attention', async () => {
    const frame = (left: number) =>
      sharp({ create: { width: 400, height: 100, channels: 3, background: '#808080' } })
        .composite([{ input: { create: { width: 60, height: 60, channels: 3, background: '#ff0000' } }, left, top: 20 }])
        .png()
        .toBuffer();
    const film = await sharp([await frame(330), await frame(10)], { join: { animated: true } })
      .gif()
      .toBuffer();
    const made = await renderMoving(
      film,
      { width: 100, height: 100, fit: 'cover', position: 'attention', format: 'same' },
      { maxFrames: 2, maxAnimationPixels: 80_000 },
    );
    const middles = rounded(await coloursOf(made.body, 75, 50));
    expect(middles[0]).toEqual([256, 0, 0]);
    expect(middles[1]).toEqual([128, 128, 128]);
  });

  test('keeps transparent pixels', async () => {
    const frames = await Promise.all(
      [0.0, 1].map((alpha) =>
        sharp({ create: { width: 200, height: 100, channels: 4, background: { r: 255, g: 0, b: 0, alpha } } })
          .png()
          .toBuffer(),
      ),
    );
    const film = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    const { body } = await renderMoving(film, { width: 100, height: 100, format: 'webp' });
    const { data, info } = await sharp(body, { pages: -1 }).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(4);
    expect([data[3], data[(60 * 100 + 50) * 4 + 3]]).toEqual([0, 255]);
  });

  test('contains no metadata of the original', async () => {
    const film = await sharp(await animation('webp'), { pages: -1 })
      .withExif({ IFD0: { Copyright: 'PLANTED-EXIF' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">PLANTED-XMP</x:xmpmeta>')
      .withIccProfile('p3')
      .webp({ lossless: true })
      .toBuffer();
    expect([film.includes('PLANTED-EXIF'), film.includes('PLANTED-XMP'), film.includes('acsp')]).toEqual([true, true, true]);
    for (const format of ['same', 'webp'] as const) {
      const { body } = await renderMoving(film, { format });
      const { exif, xmp, icc, pages } = await sharp(body).metadata();
      expect({ exif, xmp, icc, pages }).toEqual({ pages: 4 });
      expect(['PLANTED', 'acsp', 'Exif', 'xmpmeta'].filter((trace) => body.includes(trace))).toEqual([]);
    }
  });

  test('of a picture with one frame is a still', async () => {
    const { body } = await renderMoving(await animation('gif', ['#ff0000']), { format: 'same' });
    expect((await sharp(body).metadata()).pages ?? 1).toBe(1);
  });

  test('stands between stills, in the order of the recipe', async () => {
    const recipe = recipeSchema.parse({
      renditions: [
        rendition({ name: 'a', format: 'jpeg' }),
        rendition({ name: 'b', format: 'webp', animated: true }),
        rendition({ name: 'c', format: 'webp' }),
      ],
    });
    const { renditions, facts } = await renderImage(await animation('gif'), {
      recipe,
      limits: { ...LIMITS, ...ANIMATION_LIMITS },
      timeoutMilliseconds: 100_000,
    });
    expect(facts).toMatchObject({ width: 200, height: 100, format: 'gif' });
    const pages = await Promise.all(renditions.map(async ({ body }) => (await sharp(body).metadata()).pages ?? 1));
    expect([renditions.map(({ rendition: { name } }) => name), pages]).toEqual([
      ['a', 'b', 'c'],
      [1, 4, 1],
    ]);
  });
});

describe('without an animated rendition', () => {
  test.each(['gif', 'webp'] as const)('an animated %s gives its first frame, whatever its number of frames', async (original) => {
    const many = Array.from({ length: 30 }, (_, index) => COLOURS[index % 4] ?? '');
    const { body } = await renderOne(await animation(original, many), { format: 'same', width: 100, height: 100 });
    expect((await sharp(body).metadata()).pages ?? 1).toBe(1);
    expect(colourAt(await pixelsOf(body), 50, 25)[0]).toBeGreaterThan(250);
  });
});

describe('an animation', () => {
  test.each([
    ['frames', { maxFrames: 3, maxAnimationPixels: 1e6 }, '4 frames; the limit of an animation is 3'],
    ['pixels', { maxFrames: 4, maxAnimationPixels: 79_999 }, '4 frames of 200 × 100 are 80000 pixels; the limit of an animation is 79999'],
  ])('with too many %s is rejected', async (_what, limits, message) => {
    await expect(renderMoving(await animation('gif'), { format: 'same' }, limits)).rejects.toMatchObject({
      name: 'ImageFailure',
      code: 'TooManyPixels',
      message,
    });
  });

  test.each(['gif', 'webp'] as const)('that ends within a later %s frame is rejected as corrupt', async (format) => {
    const photos = await Promise.all(
      [1, 2, 3].map((seed) =>
        sharp({
          create: { width: 200, height: 100, channels: 3, background: 'grey', noise: { type: 'gaussian', mean: 100 + seed, sigma: 40 } },
        })
          .png()
          .toBuffer(),
      ),
    );
    const film = sharp(photos, { join: { animated: true } });
    const whole = await (format === 'gif' ? film.gif() : film.webp()).toBuffer();
    const cut = whole.subarray(0, Math.floor(whole.length * 0.8));
    const attempt = renderMoving(cut, { format: 'same' });
    await expect(attempt).rejects.toMatchObject({ name: 'ImageFailure', code: 'Corrupt' });
  });

  test('with an EXIF orientation counts as its first frame', async () => {
    const film = await sharp(await animation('webp'), { pages: -1 })
      .withMetadata({ orientation: 6 })
      .webp()
      .toBuffer();
    const made = await renderMoving(film, { format: 'webp' });
    expect([made.width, made.height, (await sharp(made.body).metadata()).pages ?? 1]).toEqual([100, 200, 1]);
  });

  test('gives the same facts as its first frame', async () => {
    const film = await animation('gif');
    const { facts } = await render(film, []);
    expect(facts).toMatchObject({ width: 200, height: 100, format: 'gif' });
  });
});
