import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { withinDeadline } from '../../../lambda-src/image/deadline.ts';
import { admitImage, type ImageLimits } from '../../../lambda-src/image/guard.ts';
import { withJpegSize, withTiffSize } from '../../fixtures/claimed-sizes.ts';
import { DISPLAY_P3, SRGB } from '../../fixtures/colour-spaces.ts';
import { iccProfile } from '../../fixtures/icc-profile.ts';
import { jpegIccProfile, withJpegSegments } from '../../fixtures/jpeg-segments.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { type PngShape, pngFile, pngIccProfile, withPngChunks } from '../../fixtures/png-chunks.ts';
import { blackTiff } from '../../fixtures/tiff-file.ts';
import { LIMITS } from './limits.ts';
import './rendering.ts'; // Unblocks the loaders at the end.

const SMALL = { width: 60, height: 40 };

function admit(bytes: Buffer, limits: Partial<ImageLimits> = {}) {
  return withinDeadline(60_000, (deadline) => admitImage(bytes, { ...LIMITS, ...limits }, deadline, undefined));
}

describe('the size of the file', () => {
  test('may reach the limit but not exceed it by a byte', async () => {
    const photo = await makePhoto(SMALL);
    await expect(admit(photo, { maxBytes: photo.length })).resolves.toMatchObject(SMALL);
    await expect(admit(photo, { maxBytes: photo.length - 1 })).rejects.toMatchObject({
      code: 'TooLarge',
      message: `${photo.length} bytes; the limit is ${photo.length - 1}`,
    });
  });

  test('must not be zero', async () => {
    await expect(admit(Buffer.alloc(0))).rejects.toMatchObject({ code: 'Empty' });
  });
});

describe('the number of pixels', () => {
  test.each(['jpeg', 'png', 'webp', 'gif', 'tiff'] as const)('of a %s may reach the limit but not exceed it', async (format) => {
    const photo = await makePhoto({ ...SMALL, format });
    await expect(admit(photo, { maxPixels: 2400, maxAvifPixels: 1 })).resolves.toMatchObject({ format, ...SMALL });
    await expect(admit(photo, { maxPixels: 2399 })).rejects.toMatchObject({
      code: 'TooManyPixels',
      message: '60 × 40 is 2400 pixels; the limit is 2399',
    });
  });

  test('of an AVIF has its own limit', async () => {
    const photo = await makePhoto({ ...SMALL, format: 'avif' });
    await expect(admit(photo, { maxAvifPixels: 2400 })).resolves.toMatchObject(SMALL);
    await expect(admit(photo, { maxAvifPixels: 2399 })).rejects.toMatchObject({ code: 'TooManyPixels' });
  });

  test('is read from the header, before any pixel is decoded', async () => {
    const liar = withJpegSize(await makePhoto(SMALL), 6000, 5001);
    await expect(admit(liar)).rejects.toMatchObject({ code: 'TooManyPixels' });
    await expect(admit(withJpegSize(liar, 6000, 5000))).resolves.toMatchObject({ width: 6000, height: 5000 });
  });

  test('is at most 65,535 per side', async () => {
    await expect(admit(claimedPng({ width: 65_535, height: 1 }))).resolves.toMatchObject({ width: 65_535 });
    await expect(admit(claimedPng({ width: 1, height: 65_536 }))).rejects.toMatchObject({ code: 'TooManyPixels' });
  });
});

describe('an image that the decoder must hold as a whole', () => {
  test.each([
    [
      'an interlaced PNG of 16-bit RGBA',
      (width: number) => claimedPng({ width, height: 5000, colour: 'rgba', depth: 16, interlaced: true }),
    ],
    ['a TIFF in 16-bit RGBA', (width: number) => withTiffSize(blackTiff({ width: 8, height: 8, samples: 4, depth: 16 }), width, 5000)],
    ['a progressive JPEG in CMYK', (width: number) => progressiveCmyk(width, 5000)],
  ])('may have three quarters of the pixels if it is %s', async (_, file) => {
    await expect(Promise.resolve(file(4500)).then(admit)).resolves.toMatchObject({ width: 4500, height: 5000 });
    await expect(Promise.resolve(file(4501)).then(admit)).rejects.toMatchObject({
      code: 'TooManyPixels',
      message: expect.stringMatching(/^4501 × 5000 is 22505000 pixels; the limit for a .* of this kind \(4 channels, .*\) is 22500000$/),
    });
  });

  test.each([
    ['not interlaced', () => claimedPng({ width: 6000, height: 5000, colour: 'rgba', depth: 16 })],
    ['interlaced, but with 8 bits', () => claimedPng({ width: 6000, height: 5000, colour: 'rgba', interlaced: true })],
  ])('may have all of the pixels if it is a PNG that is %s', async (_, file) => {
    await expect(admit(file())).resolves.toMatchObject({ width: 6000 });
  });
});

describe('colours', () => {
  const p3 = iccProfile(DISPLAY_P3, { curve: 'parametric' });

  test('are not converted without a profile or with an sRGB profile', async () => {
    const photo = await makePhoto(SMALL);
    await expect(admit(photo)).resolves.toMatchObject({ colour: 'as is' });
    const srgb = jpegIccProfile(iccProfile(SRGB, { curve: { points: 1024 } }));
    await expect(admit(withJpegSegments(photo, srgb))).resolves.toMatchObject({ colour: 'as is' });
  });

  test('are converted from any other profile', async () => {
    await expect(admit(withJpegSegments(await makePhoto(SMALL), jpegIccProfile(p3)))).resolves.toMatchObject({ colour: 'convert' });
  });

  test('with 16 bits are converted separately', async () => {
    const deep = withPngChunks(await makePhoto({ ...SMALL, format: 'png', depth: 16 }), pngIccProfile(p3));
    await expect(admit(deep)).resolves.toMatchObject({ colour: 'convert 16 bits' });
  });
});

test('an unsupported file fails with its type and first bytes', async () => {
  await expect(admit(Buffer.from('%PDF-1.7'))).rejects.toMatchObject({
    code: 'UnsupportedType',
    message: 'a PDF document (it begins with 255044462d312e37)',
  });
});

/** Makes a PNG header with almost no pixel data after it. */
function claimedPng(shape: Partial<PngShape>): Buffer {
  return pngFile({ width: 1, height: 1, colour: 'rgb', depth: 8, interlaced: false, ...shape }, Buffer.alloc(16));
}

async function progressiveCmyk(width: number, height: number): Promise<Buffer> {
  const image = sharp(await makePhoto(SMALL)).toColourspace('cmyk');
  const jpeg = await image.jpeg({ progressive: true }).toBuffer();
  const frame = jpeg.indexOf(Buffer.from('ffc20014', 'hex')); // Four components make the header three bytes longer.
  jpeg.writeUInt16BE(height, frame + 5);
  jpeg.writeUInt16BE(width, frame + 7);
  return jpeg;
}
