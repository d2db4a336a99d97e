import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from 'thumbhash';
import { renderImage } from '../../../lambda-src/image/render.ts';
import { makePhoto, type PhotoFormat } from '../../fixtures/photos.ts';
import { LIMITS, rendition } from './limits.ts';
import { colourAt, pixelsOf, render, renderOne } from './rendering.ts';

const NO_RENDITIONS = { recipe: { renditions: [], background: '#ffffff' }, limits: LIMITS };

describe('facts', () => {
  test.each<PhotoFormat>(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'])('state the size and format of a %s', async (format) => {
    const { facts } = await render(await makePhoto({ width: 320, height: 200, format }), []);
    expect(facts).toMatchObject({ width: 320, height: 200, format });
  });

  test('include a ThumbHash of the picture’s shape and colour', async () => {
    const orange = await sharp({ create: { width: 600, height: 200, channels: 3, background: '#ff8000' } })
      .jpeg()
      .toBuffer();
    const { facts } = await render(orange, [rendition()]);
    const hash = Buffer.from(facts.thumbHash ?? '', 'base64');
    const average = thumbHashToAverageRGBA(hash);
    expect(thumbHashToApproximateAspectRatio(hash)).toBeCloseTo(3.5); // The closest to 3 that a ThumbHash can express.
    expect([average.r, average.g, average.b, average.a].map((value) => Math.round(value * 255))).toEqual([
      expect.closeTo(255, -1),
      expect.closeTo(128, -1),
      expect.closeTo(0, -1),
      255,
    ]);
  });

  test('are almost the same with renditions as without', async () => {
    const photo = await makePhoto({ width: 1000, height: 750 });
    const [alone, along] = await Promise.all([render(photo, []), render(photo, [rendition({ width: 500, height: 500 })])]);
    const distances = hashBytes(alone.facts.thumbHash).map((byte, index) =>
      Math.abs(byte - (hashBytes(along.facts.thumbHash)[index] ?? 0)),
    );
    expect({ ...alone.facts, thumbHash: '' }).toEqual({ ...along.facts, thumbHash: '' });
    expect(distances.filter((distance) => distance > 17)).toEqual([]); // One step in each half of a byte.
  });
});

describe('renditions', () => {
  test('follow the order of the recipe, each in its own size and format', async () => {
    const recipe = [
      rendition({ name: 'tiny', width: 100, height: 100, format: 'jpeg' }),
      rendition({ name: 'web', width: 600, height: 600, format: 'webp' }),
      rendition({ name: 'modern', width: 200, height: 200, format: 'avif' }),
      rendition({ name: 'exact', width: 300, height: 100, fit: 'cover', format: 'png' }),
    ];
    const { renditions } = await render(await makePhoto({ width: 800, height: 600 }), recipe);
    expect(renditions.map(({ rendition: { name }, contentType, width, height }) => [name, contentType, width, height])).toEqual([
      ['tiny', 'image/jpeg', 100, 75],
      ['web', 'image/webp', 600, 450],
      ['modern', 'image/avif', 200, 150],
      ['exact', 'image/png', 300, 100],
    ]);
  });

  test('are files of the reported size and type', async () => {
    const formats = ['jpeg', 'png', 'webp', 'avif'] as const;
    const { renditions } = await render(
      await makePhoto({ width: 800, height: 600 }),
      formats.map((format) => rendition({ name: format, format })),
    );
    for (const { body, contentType, width, height } of renditions) {
      const { mediaType, ...found } = await sharp(body).metadata();
      expect({ mediaType, width: found.width, height: found.height }).toEqual({ mediaType: contentType, width, height });
    }
  });

  test('of a small picture keep its size', async () => {
    const { width, height } = await renderOne(await makePhoto({ width: 120, height: 90 }), { width: 4096, height: 4096 });
    expect([width, height]).toEqual([120, 90]);
  });

  test('that cover their box show the middle of the picture', async () => {
    const stripes = await sharp(Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255]), { raw: { width: 3, height: 1, channels: 3 } })
      .resize(900, 300, { kernel: 'nearest', fit: 'fill' })
      .png()
      .toBuffer();
    const pixels = await pixelsOf((await renderOne(stripes, { width: 100, height: 100, fit: 'cover' })).body);
    expect([colourAt(pixels, 5, 50), colourAt(pixels, 95, 50)]).toEqual([
      [0, 255, 0],
      [0, 255, 0],
    ]);
  });

  test('of higher quality have more bytes', async () => {
    const photo = await makePhoto();
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      const [low, high] = await Promise.all([renderOne(photo, { format, quality: 40 }), renderOne(photo, { format, quality: 90 })]);
      expect(high.body.length).toBeGreaterThan(low.body.length * 1.5);
    }
  });
});

describe('transparency', () => {
  const veil = () =>
    sharp({ create: { width: 200, height: 100, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } } })
      .png()
      .toBuffer();

  test.each([
    ['white', '#ffffff', [255, 127, 127]],
    ['the chosen background', '#0000ff', [128, 0, 127]],
  ])('shows %s in a JPEG', async (_, background, expected) => {
    const { body } = await renderOne(await veil(), { format: 'jpeg' }, background);
    const colour = colourAt(await pixelsOf(body), 100, 50);
    expect(colour.map((value, channel) => Math.abs(value - (expected[channel] ?? 0)) <= 3)).toEqual([true, true, true]);
  });

  test.each(['png', 'webp', 'avif'] as const)('is kept in a %s, with the colour under it', async (format) => {
    const { data, channels } = await pixelsOf((await renderOne(await veil(), { format })).body);
    expect(channels).toBe(4);
    expect(data[3]).toBe(128);
    expect(data[0]).toBeGreaterThan(250);
  });

  test('leaves no dark fringe in a downscaled picture', async () => {
    const half = await sharp(Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]), { raw: { width: 2, height: 1, channels: 4 } })
      .resize(1001, 500, { kernel: 'nearest', fit: 'fill' })
      .png()
      .toBuffer();
    const { data } = await pixelsOf((await renderOne(half, { width: 100, height: 100, format: 'jpeg' })).body);
    expect(Math.min(...data)).toBeGreaterThan(250);
  });
});

describe('the time limit', () => {
  test('starts nothing if no time is left', async () => {
    const expired = renderImage(await makePhoto(), { ...NO_RENDITIONS, timeoutMilliseconds: 0 });
    await expect(expired).rejects.toMatchObject({ name: 'ImageFailure', code: 'DeadlineExceeded' });
  });

  test('ends the wait when it expires, and the next image renders', async () => {
    const recipe = { ...NO_RENDITIONS.recipe, renditions: [rendition({ format: 'avif', width: 2000, height: 1600 })] };
    const slow = renderImage(await twentyMegapixels(), { ...NO_RENDITIONS, recipe, timeoutMilliseconds: 15 });
    await expect(slow).rejects.toMatchObject({ name: 'ImageFailure', code: 'DeadlineExceeded' });
    await expect(render(await makePhoto(), [rendition()])).resolves.toHaveProperty('renditions.length', 1);
  });
});

function twentyMegapixels(): Promise<Buffer> {
  return sharp({ create: { width: 5000, height: 4000, channels: 3, background: 'teal' } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

function hashBytes(hash = ''): number[] {
  return [...Buffer.from(hash, 'base64')];
}
