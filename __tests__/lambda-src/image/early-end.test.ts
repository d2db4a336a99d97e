import { describe, expect, test } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import { ImageFailure } from '../../../lambda-src/contract/outcome.ts';
import { seededRandom } from '../../../local/samples/seeded-random.ts';
import { closedEarly, withDataLast } from '../../fixtures/hostile/early-ends.ts';
import { makePhoto, type PhotoFormat, type PhotoOptions, paintPhoto } from '../../fixtures/photos.ts';
import { rendition } from './limits.ts';
import { render } from './rendering.ts';

/** Boxes of renditions; null for metadata only. Together they make libjpeg shrink by 8, 4, 2 and 1. */
const BOXES = [
  null,
  { width: 8, height: 8 },
  { width: 44, height: 44 },
  { width: 100, height: 90 },
  { width: 20, height: 20 },
  { width: 999, height: 999 },
];
const CUTS = 15;
const SEED = 20_261_124;

interface Case {
  readonly name: string;
  readonly format: PhotoFormat;
  readonly photo: (size: { width: number; height: number }) => Promise<Buffer>;
}

const plain = (name: string, options: PhotoOptions): Case => ({
  name,
  format: options.format ?? 'jpeg',
  photo: (size) => makePhoto({ ...options, ...size }),
});

const CASES: readonly Case[] = [
  plain('baseline JPEG', {}),
  plain('JPEG of one channel', { grey: true }),
  plain('JPEG on its side', { orientation: 6 }),
  plain('progressive JPEG', { progressive: true }),
  plain('PNG', { format: 'png' }),
  plain('interlaced PNG', { format: 'png', progressive: true }),
  plain('WebP', { format: 'webp' }),
  plain('AVIF', { format: 'avif' }),
  plain('GIF', { format: 'gif' }),
  plain('TIFF', { format: 'tiff' }),
  { name: 'lossless WebP', format: 'webp', photo: async (size) => (await pixels(size)).webp({ lossless: true, effort: 0 }).toBuffer() },
  ...(['none', 'jpeg', 'deflate'] as const).map(
    (compression): Case => ({
      name: `TIFF with its data last (${compression})`,
      format: 'tiff',
      photo: async (size) => withDataLast(await (await pixels(size)).tiff({ compression }).toBuffer()),
    }),
  ),
  {
    name: 'TIFF in tiles with its data last',
    format: 'tiff',
    photo: async (size) =>
      withDataLast(await (await pixels(size)).tiff({ compression: 'lzw', tile: true, tileWidth: 64, tileHeight: 64 }).toBuffer()),
  },
];

/** Heights that end inside a libjpeg block or a libvips strip at some scale. */
const HEIGHTS = [129, 163, 225];

describe.each(CASES)('data that ends early: $name', ({ format, photo }) => {
  test('gets the same verdict at every rendition size', async () => {
    const random = seededRandom(SEED);
    const surprises: unknown[] = [];
    for (const height of HEIGHTS) {
      const whole = await photo({ width: 181, height });
      expect(await verdicts(whole)).toEqual(BOXES.map(() => 'rendered'));
      for (let cut = 0; cut < CUTS / HEIGHTS.length; cut += 1) {
        // Mostly near the end, which libvips does not check at every size.
        const missing = 1 + Math.floor(random() ** 4 * (whole.length - 200));
        for (const bytes of [whole.subarray(0, -missing), closedEarly(format, whole, missing)]) {
          const found = bytes === null ? [] : await verdicts(bytes);
          if (new Set(found).size > 1) surprises.push({ height, missing, found });
        }
      }
    }
    expect(surprises).toEqual([]);
  });

  test('is corrupt if 5 % of it is missing', async () => {
    const whole = await photo({ width: 181, height: 193 });
    const missing = Math.ceil(whole.length / 20);
    for (const bytes of [whole.subarray(0, -missing), closedEarly(format, whole, missing)]) {
      if (bytes !== null) expect(await verdicts(bytes)).toEqual(BOXES.map(() => 'Corrupt'));
    }
  });
});

/** Renders a file with each of the boxes and returns the outcomes. */
function verdicts(bytes: Buffer): Promise<string[]> {
  return Promise.all(
    BOXES.map(async (box) => {
      try {
        await render(bytes, box === null ? [] : [rendition({ ...box, format: 'jpeg' })]);
        return 'rendered';
      } catch (error) {
        return error instanceof ImageFailure ? error.code : String(error);
      }
    }),
  );
}

async function pixels({ width, height }: { width: number; height: number }): Promise<Sharp> {
  const picture = await paintPhoto(width, height);
  return sharp(picture.data, { raw: picture });
}
