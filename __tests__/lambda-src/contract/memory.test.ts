import { describe, expect, test } from '@jest/globals';
import { heicDecoderBytes, imagesInFlight, megabytesNeeded, wholeVcpus } from '../../../lambda-src/contract/memory.ts';

describe.each([
  { memoryMb: 128, vcpus: 1, images: 1 },
  { memoryMb: 1769, vcpus: 1, images: 1 },
  { memoryMb: 2359, vcpus: 1, images: 2 },
  { memoryMb: 3538, vcpus: 2, images: 3 },
  { memoryMb: 10_240, vcpus: 5, images: 8 },
])('a function with $memoryMb MB', ({ memoryMb, vcpus, images }) => {
  test(`has whole vCPUs: ${vcpus}`, () => {
    expect(wholeVcpus(memoryMb)).toBe(vcpus);
  });

  test(`has images in flight: ${images}`, () => {
    expect(imagesInFlight(memoryMb)).toBe(images);
  });
});

describe('the memory that a function may need', () => {
  const limits = { maxBytes: 25_000_000, maxPixels: 50_000_000, maxAvifPixels: 0 };
  const rendition = (format: string, width = 1000, height = 2000) => ({ format, width, height });

  test.each([
    ['for nothing but the process itself', 1769, { maxBytes: 0, maxPixels: 0, maxAvifPixels: 0 }, [], 120],
    ['for the largest file and its pixels', 1769, limits, [], 120 + 75 + 300],
    ['for every image in flight', 3538, limits, [], 120 + 3 * (75 + 300)],
    ['for the pixels of an AVIF, where these take more', 1769, { ...limits, maxAvifPixels: 20_000_000 }, [], 120 + 75 + 520],
    ['for each encoder', 1769, limits, [rendition('jpeg'), rendition('webp')], 120 + 75 + 300 + 12],
    ['for an encoder of AVIF', 1769, limits, [rendition('avif')], 120 + 75 + 300 + 46],
    [
      'for the four encoders that need most, as no more run at once',
      1769,
      limits,
      [...Array.from({ length: 4 }, () => rendition('jpeg')), rendition('jpeg', 500, 1000), rendition('avif')],
      120 + 75 + 300 + 46 + 3 * 6,
    ],
    ['for an encoder of the original’s format, which may be AVIF', 1769, limits, [rendition('same')], 120 + 75 + 300 + 46],
    [
      'for an animation, where it takes more than the largest picture',
      1769,
      { ...limits, maxAnimationPixels: 20_000_000 },
      [{ ...rendition('webp'), animated: true }],
      120 + 75 + 500 + 6,
    ],
    ['for no animation if none is rendered', 1769, { ...limits, maxAnimationPixels: 20_000_000 }, [rendition('webp')], 120 + 75 + 300 + 6],
    [
      'for the watermark of each rendition that has it',
      1769,
      limits,
      [{ ...rendition('jpeg'), watermark: true }, { ...rendition('jpeg'), watermark: true }, rendition('jpeg')],
      120 + 75 + 300 + 18 + 10,
    ],
    ['in whole megabytes, rounded up', 1769, { ...limits, maxBytes: 1 }, [], 120 + 301],
  ])('is counted %s', (_what, memoryMb, limitsOf, renditions, megabytes) => {
    expect(
      megabytesNeeded(memoryMb, { limits: { maxHeicPixels: 1_000_000, ...limitsOf }, heic: false, renditions, watermark: { scale: 0.5 } }),
    ).toBe(megabytes);
  });

  test('is counted for HEIC only if it is decoded', () => {
    const work = { limits: { ...limits, maxHeicPixels: 20_000_000 }, renditions: [] };
    // Decoder: 24 MB and 14 bytes per pixel; picture: 4 bytes per pixel; thread: 20 MB; two more copies of the file.
    expect(megabytesNeeded(1769, { ...work, heic: true })).toBe(120 + 75 + 24 + 280 + 80 + 20 + 50);
    expect(megabytesNeeded(1769, { ...work, heic: false })).toBe(120 + 75 + 300);
    expect(megabytesNeeded(1769, { limits: { ...limits, maxHeicPixels: 10_000 }, renditions: [], heic: true })).toBe(120 + 75 + 300);
  });
});

test('the decoder of HEIC may use what is counted for it', () => {
  expect(heicDecoderBytes(20_000_000)).toBe(304_000_000);
});
