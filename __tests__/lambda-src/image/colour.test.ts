import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { ADOBE_RGB, type ColourSpace, convert, DISPLAY_P3, deltaE, SRGB, type Triple } from '../../fixtures/colour-spaces.ts';
import { iccProfile } from '../../fixtures/icc-profile.ts';
import { jpegIccProfile, withJpegSegments } from '../../fixtures/jpeg-segments.ts';
import { encodeRaster, makePhoto, type Raster } from '../../fixtures/photos.ts';
import { pngIccProfile, withPngChunks } from '../../fixtures/png-chunks.ts';
import { rendition } from './limits.ts';
import { colourAt, pixelsOf, render, renderOne } from './rendering.ts';

/** Varied colours, some of which are outside sRGB if read as colours of a wide-gamut space. */
const PATCHES: readonly Triple[] = [
  [255, 255, 255],
  [0, 0, 0],
  [128, 128, 128],
  [200, 100, 50],
  [60, 140, 90],
  [90, 80, 180],
  [250, 20, 20],
  [20, 250, 20],
  [20, 20, 250],
  [200, 180, 120],
  [30, 30, 36],
];
const BLACK: Triple = [0, 0, 0];
const PATCH_SIDE = 40;

/** Draws the patches as squares, side by side. */
function patches(): Promise<Raster> {
  return pixelsOfRow(Buffer.from(PATCHES.flatMap((colour) => [...colour])), PATCHES.length);
}

async function pixelsOfRow(colours: Buffer, count: number): Promise<Raster> {
  const [width, height] = [count * PATCH_SIDE, PATCH_SIDE];
  const image = sharp(colours, { raw: { width: count, height: 1, channels: 3 } });
  return { data: await image.resize(width, height, { kernel: 'nearest', fit: 'fill' }).raw().toBuffer(), width, height, channels: 3 };
}

/** Renders a file and returns the colour of each patch. */
async function renderedPatches(file: Buffer): Promise<Triple[]> {
  const { body, width } = await renderOne(file, { width: 4096, height: 4096 });
  expect(width).toBe(PATCHES.length * PATCH_SIDE);
  const pixels = await pixelsOf(body);
  return PATCHES.map((_, index) => colourAt(pixels, index * PATCH_SIDE + PATCH_SIDE / 2, PATCH_SIDE / 2));
}

function worstDeltaE(rendered: readonly Triple[], expected: readonly Triple[]): number {
  return Math.max(...rendered.map((colour, index) => deltaE(colour, expected[index] ?? BLACK)));
}

describe.each<[string, ColourSpace, Buffer]>([
  ['Display P3', DISPLAY_P3, iccProfile(DISPLAY_P3, { curve: 'parametric' })],
  ['Adobe RGB', ADOBE_RGB, iccProfile(ADOBE_RGB, { curve: { gamma: 563 / 256 } })],
])('colours of %s', (_, space, profile) => {
  const expected = PATCHES.map((colour) => convert(colour, space, SRGB));

  test('are right from a JPEG', async () => {
    const jpeg = await encodeRaster(await patches(), { quality: 100 });
    expect(worstDeltaE(await renderedPatches(withJpegSegments(jpeg, jpegIccProfile(profile))), expected)).toBeLessThan(2);
  });

  test.each([8, 16] as const)('are right from a PNG of %d bits', async (depth) => {
    const png = await encodeRaster(await patches(), { format: 'png', depth });
    expect(worstDeltaE(await renderedPatches(withPngChunks(png, pngIccProfile(profile))), expected)).toBeLessThan(2);
  });

  test('would be wrong if the profile were ignored', () => {
    expect(worstDeltaE(PATCHES, expected)).toBeGreaterThan(10);
  });
});

describe('colours of sRGB', () => {
  test.each([8, 16] as const)('do not change in %d bits, with the profile or without', async (depth) => {
    const png = await encodeRaster(await patches(), { format: 'png', depth });
    const profiled = withPngChunks(png, pngIccProfile(iccProfile(SRGB, { curve: { points: 1024 } })));
    const [plain, withProfile] = await Promise.all([renderedPatches(png), renderedPatches(profiled)]);
    expect(plain).toEqual(PATCHES);
    expect(withProfile).toEqual(PATCHES);
  });

  test('do not change if the profile is broken', async () => {
    const png = await encodeRaster(await patches(), { format: 'png' });
    const broken = iccProfile(DISPLAY_P3, { curve: 'parametric' }).subarray(0, 200);
    expect(await renderedPatches(withPngChunks(png, pngIccProfile(broken)))).toEqual(PATCHES);
  });
});

describe('other colour models are converted to RGB', () => {
  test.each([
    ['with its profile', async () => encodeRaster(await patches(), { profile: 'cmyk', quality: 100 })],
    ['without a profile', async () => inCmykWithoutProfile(await patches())],
  ])('CMYK %s', async (_, makeFile) => {
    const rendered = await renderedPatches(await makeFile());
    // Ink cannot show the purest colours. The others match within ΔE 12; inverted inks would be off by 50 or more.
    const printable = PATCHES.map((colour, index) => ({ colour, seen: rendered[index] ?? BLACK })).filter(
      ({ colour }) => Math.max(...colour) - Math.min(...colour) < 160 && !colour.includes(180),
    );
    expect(printable.length).toBeGreaterThanOrEqual(6);
    expect(Math.max(...printable.map(({ colour, seen }) => deltaE(colour, seen)))).toBeLessThan(12);
  });

  test.each(['jpeg', 'png', 'tiff'] as const)('greyscale from a %s', async (format) => {
    const { data, channels } = await pixelsOf((await renderOne(await makePhoto({ format, grey: true }), { format: 'jpeg' })).body);
    expect(channels).toBe(3);
    expect([...data.subarray(0, 300)].every((value, index, all) => Math.abs(value - (all[index - (index % 3)] ?? 0)) <= 1)).toBe(true);
  });

  test('16-bit greyscale', async () => {
    const grey = { data: Buffer.alloc(300, 200), width: 10, height: 10, channels: 3 } as const;
    const { body } = await renderOne(await encodeRaster(grey, { format: 'png', depth: 16, grey: true }));
    expect(colourAt(await pixelsOf(body), 5, 5)).toEqual([200, 200, 200]);
  });

  test('a palette with a transparent entry', async () => {
    const palette = await sharp({ create: { width: 60, height: 60, channels: 4, background: { r: 10, g: 200, b: 30, alpha: 0 } } })
      .composite([{ input: { create: { width: 30, height: 60, channels: 4, background: '#0ac81e' } }, left: 0, top: 0 }])
      .png({ palette: true })
      .toBuffer();
    const pixels = await pixelsOf((await renderOne(palette, { format: 'jpeg' })).body);
    expect(deltaE(colourAt(pixels, 10, 30), [10, 200, 30])).toBeLessThan(3);
    expect(deltaE(colourAt(pixels, 50, 30), [255, 255, 255])).toBeLessThan(3);
  });

  test('10-bit AVIF', async () => {
    const avif = await sharp((await patches()).data, { raw: await patches() })
      .avif({ bitdepth: 10, quality: 95 })
      .toBuffer();
    expect(worstDeltaE(await renderedPatches(avif), PATCHES)).toBeLessThan(4);
  });

  test('a progressive JPEG looks like a baseline one', async () => {
    const [baseline, progressive] = await Promise.all([makePhoto(), makePhoto({ progressive: true })]);
    const [one, other] = await Promise.all([renderOne(baseline), renderOne(progressive)]);
    expect((await pixelsOf(one.body)).data.equals((await pixelsOf(other.body)).data)).toBe(true);
  });
});

async function inCmykWithoutProfile(raster: Raster): Promise<Buffer> {
  const jpeg = await sharp(raster.data, { raw: raster }).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
  expect(await sharp(jpeg).metadata()).toMatchObject({ space: 'cmyk', hasProfile: false });
  return jpeg;
}

test('several renditions have the same colours as a single one', async () => {
  const profile = jpegIccProfile(iccProfile(DISPLAY_P3, { curve: 'parametric' }));
  const file = withJpegSegments(await makePhoto({ width: 1200, height: 900 }), profile);
  const small = rendition({ width: 200, height: 200 });
  const [alone, along] = await Promise.all([
    render(file, [small]),
    render(file, [rendition({ name: 'large', width: 800, height: 800 }), small]),
  ]);
  const [one, other] = await Promise.all([averageOf(alone.renditions[0]?.body), averageOf(along.renditions[1]?.body)]);
  expect(deltaE(one, other)).toBeLessThan(0.5);
});

async function averageOf(file: Buffer | undefined): Promise<Triple> {
  const { channels } = await sharp(file).stats();
  return [channels[0]?.mean ?? 0, channels[1]?.mean ?? 0, channels[2]?.mean ?? 0];
}
