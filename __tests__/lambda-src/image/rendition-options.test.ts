import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { parseFocalPoint } from '../../../lambda-src/image/position.ts';
import { makePhoto, type PhotoFormat } from '../../fixtures/photos.ts';
import { colourAt, pixelsOf, renderOne } from './rendering.ts';

/** Red on the left, green in the middle, blue on the right; the same from top to bottom if `upright`. */
function stripes(upright = false): Promise<Buffer> {
  const [width, height] = upright ? [1, 3] : [3, 1];
  const [across, down] = upright ? [300, 900] : [900, 300];
  return sharp(Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255]), { raw: { width, height, channels: 3 } })
    .resize(across, down, { kernel: 'nearest', fit: 'fill' })
    .png()
    .toBuffer();
}

const SQUARE = { width: 100, height: 100, fit: 'cover' } as const;

describe('the format "same"', () => {
  test.each<[original: PhotoFormat, expected: string]>([
    ['jpeg', 'jpeg'],
    ['png', 'png'],
    ['webp', 'webp'],
    ['avif', 'avif'],
    ['gif', 'gif'],
    ['tiff', 'jpeg'],
  ])('makes a %s a %s', async (original, expected) => {
    const { body, format, contentType } = await renderOne(await makePhoto({ format: original }), { format: 'same' });
    expect([format, contentType, (await sharp(body).metadata()).mediaType]).toEqual([expected, `image/${expected}`, `image/${expected}`]);
  });

  test('keeps the transparency of a PNG and fills that of a TIFF', async () => {
    const [png, tiff] = await Promise.all(
      (['png', 'tiff'] as const).map(async (format) => renderOne(await makePhoto({ format, alpha: true }), { format: 'same' })),
    );
    expect((await sharp(png?.body).metadata()).hasAlpha).toBe(true);
    expect(colourAt(await pixelsOf(tiff?.body ?? Buffer.alloc(0)), 399, 150).every((value) => value > 245)).toBe(true);
  });
});

describe('the fit "contain"', () => {
  test('centres the whole picture on the background, in the size of the box', async () => {
    const { body, width, height } = await renderOne(await stripes(), { width: 300, height: 200, fit: 'contain', background: '#ff00ff' });
    const pixels = await pixelsOf(body);
    expect([width, height, pixels.width, pixels.height]).toEqual([300, 200, 300, 200]);
    const found = [10, 60, 140, 160].map((y) => [colourAt(pixels, 10, y), colourAt(pixels, 290, y)]);
    expect(found).toEqual([
      [
        [255, 0, 255],
        [255, 0, 255],
      ],
      [
        [255, 0, 0],
        [0, 0, 255],
      ],
      [
        [255, 0, 0],
        [0, 0, 255],
      ],
      [
        [255, 0, 255],
        [255, 0, 255],
      ],
    ]);
  });

  test('does not enlarge a small picture', async () => {
    const small = await sharp(await stripes())
      .resize(90, 30, { kernel: 'nearest' })
      .png()
      .toBuffer();
    const pixels = await pixelsOf((await renderOne(small, { width: 300, height: 300, fit: 'contain' }, '#00ffff')).body);
    expect([colourAt(pixels, 104, 150), colourAt(pixels, 106, 150), colourAt(pixels, 194, 150), colourAt(pixels, 196, 150)]).toEqual([
      [0, 255, 255],
      [255, 0, 0],
      [0, 0, 255],
      [0, 255, 255],
    ]);
  });

  test.each(['png', 'webp', 'avif'] as const)('surrounds a %s with nothing if the background is transparent', async (format) => {
    const { data, channels, width } = await pixelsOf(
      (await renderOne(await stripes(), { width: 300, height: 200, fit: 'contain', format, background: 'transparent' })).body,
    );
    expect(channels).toBe(4);
    expect([data[3], data[(100 * width + 150) * 4 + 3]]).toEqual([0, 255]);
  });

  test('shows its own background behind a transparent picture in a JPEG, not that of the recipe', async () => {
    const veil = await sharp({ create: { width: 300, height: 100, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    const { body } = await renderOne(veil, { width: 300, height: 200, fit: 'contain', format: 'jpeg', background: '#0000ff' }, '#ffffff');
    const pixels = await pixelsOf(body);
    for (const y of [10, 100]) expect(colourAt(pixels, 150, y).map((value) => Math.round(value / 16))).toEqual([0, 0, 16]);
  });

  test('fills a JPEG of the format "same" with the recipe’s background if its own is transparent', async () => {
    const jpeg = await sharp(await stripes())
      .jpeg()
      .toBuffer();
    const options = { width: 300, height: 200, fit: 'contain', format: 'same', background: 'transparent' } as const;
    const pixels = await pixelsOf((await renderOne(jpeg, options, '#ffffff')).body);
    expect(colourAt(pixels, 150, 10)).toEqual([255, 255, 255]);
  });
});

describe('the position', () => {
  const RED = [255, 0, 0];
  const GREEN = [0, 255, 0];
  const BLUE = [0, 0, 255];

  test.each([
    ['0,0.5', { x: 0, y: 0.5 }, RED],
    ['0.5,0.5', { x: 0.5, y: 0.5 }, GREEN],
    ['1,0.5', { x: 1, y: 0.5 }, BLUE],
    ['none', undefined, GREEN],
  ])('"focal" keeps the surroundings of the point (%s)', async (_text, focalPoint, expected) => {
    for (const upright of [false, true]) {
      const point = upright && focalPoint ? { x: focalPoint.y, y: focalPoint.x } : focalPoint;
      const pixels = await pixelsOf((await renderOne(await stripes(upright), { ...SQUARE, position: 'focal' }, undefined, point)).body);
      expect([pixels.width, pixels.height]).toEqual([100, 100]);
      expect([colourAt(pixels, 5, 5), colourAt(pixels, 94, 94)]).toEqual([expected, expected]);
    }
  });

  test.each(['centre', undefined] as const)('%s ignores the focal point', async (position) => {
    const pixels = await pixelsOf((await renderOne(await stripes(), { ...SQUARE, position }, undefined, { x: 0, y: 0 })).body);
    expect(colourAt(pixels, 50, 50)).toEqual(GREEN);
  });

  test.each(['attention', 'entropy'] as const)('%s keeps the part of an empty picture with something in it', async (position) => {
    const patch = await sharp(await makePhoto({ width: 300, height: 300, seed: 3 }))
      .modulate({ saturation: 3 })
      .png()
      .toBuffer();
    const scene = await sharp({ create: { width: 1200, height: 300, channels: 3, background: '#808080' } })
      .composite([{ input: patch, left: 860, top: 0 }])
      .png()
      .toBuffer();
    const of = async (where: typeof position | 'centre') => {
      const { body, width, height } = await renderOne(scene, { ...SQUARE, position: where });
      return { width, height, spread: (await sharp(body).stats()).channels[0]?.stdev ?? 0 };
    };
    const [clever, centre] = await Promise.all([of(position), of('centre')]);
    expect([clever.width, clever.height]).toEqual([100, 100]);
    expect(clever.spread).toBeGreaterThan(10 * Math.max(1, centre.spread));
  });

  test.each(['attention', 'entropy', 'focal'] as const)('%s does not crop a picture that is smaller than the box', async (position) => {
    const small = await makePhoto({ width: 60, height: 80, format: 'png' });
    const { width, height } = await renderOne(small, { ...SQUARE, position }, undefined, { x: 0.9, y: 0.9 });
    expect([width, height]).toEqual([60, 80]);
  });

  test.each([
    ['0.3,0.7', { x: 0.3, y: 0.7 }],
    [' 0 , 1 ', { x: 0, y: 1 }],
    ['.5,1.0', { x: 0.5, y: 1 }],
    ...['', '0.5', '0.5,', '0.5,0.5,0.5', '1.1,0', '-0.1,0', 'NaN,0', '1e0,0', '0x1,0', 'Infinity,0', '30%,70%'].map(
      (text) => [text, undefined] as const,
    ),
  ])('the focal point %j is read as %j', (text, expected) => {
    expect(parseFocalPoint(text)).toEqual(expected);
  });
});

describe('sharpening', () => {
  test('makes edges steeper, the more the larger sigma is', async () => {
    const photo = await sharp(await makePhoto({ width: 400, height: 300 }))
      .blur(1)
      .png()
      .toBuffer();
    const spreads = await Promise.all(
      [undefined, 0.6, 1.5].map(async (sharpen) => {
        const { body } = await renderOne(photo, { sharpen });
        return edgeStrength(body);
      }),
    );
    const [plain = 0, soft = 0, strong = 0] = spreads;
    expect(soft).toBeGreaterThan(plain * 1.05);
    expect(strong).toBeGreaterThan(soft * 1.05);
  });

  async function edgeStrength(file: Buffer): Promise<number> {
    const edges = await sharp(file)
      .greyscale()
      .convolve({ width: 3, height: 3, kernel: [0, -1, 0, -1, 4, -1, 0, -1, 0], offset: 128 })
      .png()
      .toBuffer();
    return (await sharp(edges).stats()).channels[0]?.stdev ?? 0;
  }
});
