import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { renditionSize, scaled, scaleFor } from '../../../lambda-src/image/rendition-size.ts';
import { deltaE } from '../../fixtures/colour-spaces.ts';
import { colourAt, pixelsOf, renderOne } from './rendering.ts';

const side = fc.integer({ min: 1, max: 70_000 });
const boxSide = fc.integer({ min: 100, max: 4096 });
const picture = fc.record({ width: side, height: side });
const inside = fc.record({ width: boxSide, height: boxSide, fit: fc.constant('inside' as const) });
const cover = fc.record({ width: boxSide, height: boxSide, fit: fc.constant('cover' as const) });

describe('a picture inside a box', () => {
  test('never leaves the box, never grows and never vanishes', () => {
    fc.assert(
      fc.property(picture, inside, (original, box) => {
        const size = renditionSize(original, box);
        expect(size.width).toBeGreaterThanOrEqual(1);
        expect(size.height).toBeGreaterThanOrEqual(1);
        expect(size.width).toBeLessThanOrEqual(Math.min(box.width, original.width));
        expect(size.height).toBeLessThanOrEqual(Math.min(box.height, original.height));
      }),
    );
  });

  test('touches the box or keeps its size', () => {
    fc.assert(
      fc.property(picture, inside, (original, box) => {
        const size = renditionSize(original, box);
        const fits = original.width <= box.width && original.height <= box.height;
        expect(fits ? size : size.width === box.width || size.height === box.height).toEqual(fits ? original : true);
      }),
    );
  });

  test('keeps its aspect ratio to within a pixel', () => {
    fc.assert(
      fc.property(picture, inside, (original, box) => {
        const { width, height } = renditionSize(original, box);
        const exactly = Math.min(1, box.width / original.width, box.height / original.height);
        expect(Math.abs(width - original.width * exactly)).toBeLessThanOrEqual(1);
        expect(Math.abs(height - original.height * exactly)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('a picture that covers a box', () => {
  test('fills it as far as it has pixels, and never grows', () => {
    fc.assert(
      fc.property(picture, cover, (original, box) => {
        expect(renditionSize(original, box)).toEqual({
          width: Math.min(box.width, original.width),
          height: Math.min(box.height, original.height),
        });
      }),
    );
  });

  test('is cropped in one direction only', () => {
    fc.assert(
      fc.property(picture, cover, (original, box) => {
        const whole = scaled(original, scaleFor(original, box));
        const size = renditionSize(original, box);
        const isSmall = original.width < box.width || original.height < box.height;
        expect(isSmall || size.width === whole.width || size.height === whole.height).toBe(true);
      }),
    );
  });
});

test('renditions have exactly the calculated size and are filled by the picture, from every format with shrink-on-load', async () => {
  const anySmallPicture = fc.record({
    width: fc.integer({ min: 1, max: 900 }),
    height: fc.integer({ min: 1, max: 900 }),
    format: fc.constantFrom('jpeg' as const, 'webp' as const, 'png' as const),
  });
  const smallBox = fc.record({
    width: fc.integer({ min: 100, max: 500 }),
    height: fc.integer({ min: 100, max: 500 }),
    fit: fc.constantFrom('inside' as const, 'cover' as const),
  });
  await fc.assert(
    fc.asyncProperty(anySmallPicture, smallBox, async ({ format, ...original }, box) => {
      const file = await sharp({ create: { ...original, channels: 3, background: 'teal' } })
        .toFormat(format)
        .toBuffer();
      const { body, width, height } = await renderOne(file, box);
      const stored = await pixelsOf(body);
      expect({ width, height }).toEqual(renditionSize(original, box));
      expect({ width: stored.width, height: stored.height }).toEqual({ width, height });
      // Rounding must not leave a strip of background at an edge.
      const corners = [colourAt(stored, 0, 0), colourAt(stored, width - 1, height - 1)];
      expect(Math.max(...corners.map((colour) => deltaE(colour, [0, 128, 128])))).toBeLessThan(3);
    }),
    {
      numRuns: 60,
      examples: [
        [
          { width: 2, height: 134, format: 'webp' },
          { width: 100, height: 100, fit: 'inside' },
        ],
      ],
    },
  );
});
