import { describe, expect, test } from '@jest/globals';
import type { AdmittedImage } from '../../../lambda-src/image/guard.ts';
import { decoderShrink, mayShrinkFully } from '../../../lambda-src/image/shrink-on-load.ts';

function image(width: number, height: number, format: AdmittedImage['format'] = 'jpeg'): AdmittedImage {
  return { bytes: Buffer.alloc(0), format, width, height, colour: 'as is' };
}

describe('the decoder shrinks a JPEG by its full factor', () => {
  test.each([
    ['12 megapixels to 1,024 pixels: by 2, and by 1.95 with the filter', image(4000, 3000), { width: 1024, height: 768 }],
    ['24 megapixels to 1,024 pixels: by 4, and by 1.46 with the filter', image(6000, 4000), { width: 1024, height: 683 }],
    ['12 megapixels to a thumbnail: by 8, and by 1.95 with the filter', image(4000, 3000), { width: 256, height: 192 }],
  ])('%s', (_, original, target) => {
    expect(mayShrinkFully(original, target)).toBe(true);
  });
});

describe('the decoder shrinks a JPEG by half of its factor', () => {
  test.each([
    ['if the filter would have almost nothing left to do', image(4000, 3000), { width: 952, height: 714 }],
    ['if its width cannot be divided evenly', image(4002, 3000), { width: 700, height: 525 }],
    ['if its height cannot be divided evenly', image(4000, 3001), { width: 1024, height: 768 }],
  ])('%s', (_, original, target) => {
    expect(mayShrinkFully(original, target)).toBe(false);
  });
});

test('the decoder always shrinks a WebP, to save memory', () => {
  expect(mayShrinkFully(image(4001, 3001, 'webp'), { width: 3900, height: 2925 })).toBe(true);
});

describe('sharp lets libjpeg shrink a JPEG', () => {
  test.each([
    [1, 'not for less than half', { width: 2001, height: 1501 }],
    [1, 'not for a little more than half, which would leave the filter nothing to do', { width: 1900, height: 1425 }],
    [2, 'by 2 for a quarter', { width: 1000, height: 750 }],
    [2, 'by 2 for a little less than a quarter', { width: 952, height: 714 }],
    [4, 'by 4 for an eighth', { width: 500, height: 375 }],
    [8, 'by 8 for a thumbnail', { width: 256, height: 192 }],
    [4, 'by the side that shrinks less', { width: 100, height: 375 }],
  ])('%i: %s', async (factor, _, target) => {
    expect(decoderShrink(image(4000, 3000), target)).toBe(factor);
  });
});
