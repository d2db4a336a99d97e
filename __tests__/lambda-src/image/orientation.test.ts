import { describe, expect, test } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import type { Triple } from '../../fixtures/colour-spaces.ts';
import { pngChunk, withPngChunks } from '../../fixtures/png-chunks.ts';
import { rendition } from './limits.ts';
import { colourAt, pixelsOf, render, renderOne } from './rendering.ts';

/** The corners of the displayed picture, clockwise from the top left. */
const DISPLAYED = ['red', 'green', 'blue', 'white'];
const COLOURS: readonly (readonly [name: string, colour: Triple])[] = [
  ['red', [255, 0, 0]],
  ['green', [0, 255, 0]],
  ['blue', [0, 0, 255]],
  ['white', [255, 255, 255]],
];
/** For each EXIF orientation, the displayed corners that are stored at the top left, top right, bottom right and bottom left. */
const STORED_CORNERS = {
  1: [0, 1, 2, 3],
  2: [1, 0, 3, 2],
  3: [2, 3, 0, 1],
  4: [3, 2, 1, 0],
  5: [0, 3, 2, 1],
  6: [1, 2, 3, 0],
  7: [2, 1, 0, 3],
  8: [3, 0, 1, 2],
} as const;
const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

describe.each(ORIENTATIONS)('a picture with orientation %d is upright', (orientation) => {
  test.each(['jpeg', 'png', 'webp', 'tiff'] as const)('from a %s', async (format) => {
    const file = await storedPicture(orientation).withMetadata({ orientation }).toFormat(format, { quality: 100 }).toBuffer();
    const { facts, renditions } = await render(file, [rendition({ width: 150, height: 150 })]);
    expect(facts).toMatchObject({ width: 320, height: 160 });
    expect(renditions[0]).toMatchObject({ width: 150, height: 75 });
    expect(await cornersOf(renditions[0]?.body)).toEqual(DISPLAYED);
  });

  test('if it is too small to be resized', async () => {
    const file = await storedPicture(orientation).withMetadata({ orientation }).png().toBuffer();
    const { body, width, height } = await renderOne(file, { width: 1000, height: 1000 });
    expect([width, height]).toEqual([320, 160]);
    expect(await cornersOf(body)).toEqual(DISPLAYED);
  });

  test('if it is cropped', async () => {
    const file = await storedPicture(orientation).withMetadata({ orientation }).jpeg().toBuffer();
    const { body, width, height } = await renderOne(file, { width: 100, height: 150, fit: 'cover' });
    expect([width, height]).toEqual([100, 150]);
    expect(await cornersOf(body)).toEqual(DISPLAYED);
  });
});

test('an AVIF is rotated only once, by its own rotation property', async () => {
  const file = await storedPicture(6).withMetadata({ orientation: 6 }).avif({ quality: 90 }).toBuffer();
  const { facts, renditions } = await render(file, [rendition({ width: 150, height: 150 })]);
  expect(facts).toMatchObject({ width: 320, height: 160 });
  expect(await cornersOf(renditions[0]?.body)).toEqual(DISPLAYED);
});

test('a PNG is upright although its text chunks are removed', async () => {
  const file = await storedPicture(8).withMetadata({ orientation: 8 }).png().toBuffer();
  const { body } = await renderOne(withPngChunks(file, pngChunk('tEXt', Buffer.from('Comment\0turned'))));
  expect(await cornersOf(body)).toEqual(DISPLAYED);
});

/** Paints four quarters of one colour each, 320 × 160 pixels as displayed, stored as by a camera held in that orientation. */
function storedPicture(orientation: (typeof ORIENTATIONS)[number]): Sharp {
  const [topLeft, topRight, bottomRight, bottomLeft] = STORED_CORNERS[orientation].map((corner) => COLOURS[corner]?.[1] ?? [0, 0, 0]);
  const pixels = Buffer.from([topLeft, topRight, bottomLeft, bottomRight].flatMap((colour) => [...(colour ?? [])]));
  const [width, height] = orientation < 5 ? [320, 160] : [160, 320];
  return sharp(pixels, { raw: { width: 2, height: 2, channels: 3 } }).resize(width, height, { kernel: 'nearest', fit: 'fill' });
}

async function cornersOf(file: Buffer | undefined): Promise<(string | undefined)[]> {
  const pixels = await pixelsOf(file ?? Buffer.alloc(0));
  const [right, bottom] = [pixels.width - 8, pixels.height - 8];
  return [colourAt(pixels, 8, 8), colourAt(pixels, right, 8), colourAt(pixels, right, bottom), colourAt(pixels, 8, bottom)].map(nameOf);
}

function nameOf(colour: Triple): string | undefined {
  return COLOURS.find(([, wanted]) => wanted.every((value, channel) => Math.abs(value - (colour[channel] ?? 0)) < 40))?.[0];
}
