import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { decode } from '../../../lambda-src/heic/decode.ts';
import { nclx } from '../../fixtures/coded-colours.ts';
import { box, type HeifItem, heifFile, readHeif, uint8, uint16, uint32 } from '../../fixtures/heif-file.ts';
import { libheifModule } from './libheif-module.ts';

/** Red, green, blue and white quarters, clockwise from the top left, 64 × 64 pixels; made with heif-enc. */
const FOUR_COLOURS = readFileSync(new URL('../../fixtures/four-colours.heic', import.meta.url));

function decodeHeic(bytes: Buffer, { maxPixels = 1_000_000, maxMemoryBytes = 40_000_000 } = {}) {
  return decode({ module: libheifModule(), bytes, maxPixels, maxMemoryBytes });
}

async function quarters(bytes: Buffer): Promise<string[]> {
  const decoded = decodeHeic(bytes);
  if (decoded.status === 'failed') throw new Error(decoded.detail);
  const { data, info } = await sharp(decoded.tiff).autoOrient().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): number[] => [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)];
  const [near, far] = [info.width * 0.25, info.width * 0.75];
  return [at(near, near), at(far, near), at(far, far), at(near, far)].map(colourName);
}

function colourName(colour: readonly number[]): string {
  const bits = colour.map((value) => (value > 128 ? 1 : 0)).join('');
  return { '100': 'red', '010': 'green', '001': 'blue', '111': 'white' }[bits] ?? colour.join(' ');
}

/** The photo with further properties and items. */
function changed(properties: readonly Buffer[], ...others: readonly HeifItem[]): Buffer {
  const photo = photoItem();
  return heifFile([{ ...photo, properties: [...photo.properties, ...properties] }, ...others]);
}

function exif(orientation: number): HeifItem {
  // A big-endian TIFF with one field: orientation, one SHORT.
  const tiff = Buffer.concat([
    Buffer.from('MM\0*', 'latin1'),
    uint32(8),
    uint16(1, 0x0112, 3),
    uint32(1),
    uint16(orientation, 0),
    uint32(0),
  ]);
  return { type: 'Exif', data: Buffer.concat([uint32(0), tiff]), properties: [], references: { cdsc: [0] } };
}

function photoItem(): HeifItem {
  const [photo] = readHeif(FOUR_COLOURS);
  if (photo === undefined) throw new Error('no photo');
  return photo;
}

function size(width: number, height: number): Buffer {
  return box('ispe', uint32(0, width, height));
}

/** The photo with another size in its header. */
function resized(width: number, height: number): Buffer {
  const { properties, ...item } = photoItem();
  const others = properties.filter((property) => property.toString('latin1', 4, 8) !== 'ispe');
  return heifFile([{ ...item, properties: [...others, size(width, height)] }]);
}

/** A grid of one tile. */
function grid(width: number, height: number, tiles: readonly number[], claimed = size(width, height)): HeifItem {
  return {
    type: 'grid',
    data: Buffer.concat([uint8(0, 0, 0, 0), uint16(width, height)]),
    properties: [claimed],
    references: { dimg: tiles },
  };
}

describe('a HEIC photo', () => {
  test('is decoded to pixels', async () => {
    expect(await quarters(FOUR_COLOURS)).toEqual(['red', 'green', 'blue', 'white']);
  });

  test('is rotated by its own property, which counts anticlockwise', async () => {
    expect(await quarters(changed([box('irot', uint8(1))]))).toEqual(['green', 'blue', 'white', 'red']);
  });

  test.each([
    [0, 'top and bottom', ['white', 'blue', 'green', 'red']],
    [1, 'left and right', ['green', 'red', 'white', 'blue']],
  ])('is mirrored by its own property: %d exchanges %s', async (axis, _what, expected) => {
    expect(await quarters(changed([box('imir', uint8(axis))]))).toEqual(expected);
  });

  test('is not rotated again by EXIF, which repeats the property', async () => {
    expect(await quarters(changed([box('irot', uint8(1))], exif(8)))).toEqual(['green', 'blue', 'white', 'red']);
  });

  test('is rotated by EXIF if it has no such property', async () => {
    expect(await quarters(changed([], exif(8)))).toEqual(['green', 'blue', 'white', 'red']);
  });

  test('is cropped before it is rotated', async () => {
    const rightHalf = box('clap', uint32(32, 1, 32, 1, 16, 1, 0xfffffff0, 1));
    expect(await quarters(changed([rightHalf]))).toEqual(['green', 'green', 'green', 'green']);
  });

  test('keeps its colour profile', async () => {
    const decoded = decodeHeic(changed([nclx(12, 13)]));
    const { icc } = await sharp(decoded.status === 'decoded' ? decoded.tiff : Buffer.alloc(0)).metadata();
    expect(icc?.toString('latin1', 12, 24)).toBe('mntrRGB XYZ ');
  });
});

describe('a HEIC file is refused', () => {
  test.each<[what: string, bytes: Buffer, options: Parameters<typeof decodeHeic>[1], code: string, detail: RegExp]>([
    ['if it is too large', FOUR_COLOURS, { maxPixels: 4095 }, 'TooManyPixels', /^64 × 64 is 4096 pixels; the limit of a HEIC is 4095$/],
    [
      'if it is too large before it is cropped',
      changed([box('clap', uint32(32, 1, 32, 1, 16, 1, 0xfffffff0, 1))]),
      { maxPixels: 2000 },
      'TooManyPixels',
      /^64 × 64 /,
    ],
    [
      'if its decoder would need too much memory',
      Buffer.concat([FOUR_COLOURS, Buffer.alloc(20_000_000)]),
      { maxMemoryBytes: 20_000_000 },
      'TooManyPixels',
      /more than 20 MB to decode/,
    ],
    ['if it is of high dynamic range', changed([nclx(9, 16)]), {}, 'UnsupportedHeic', /high dynamic range \(PQ\)/],
    ['if it ends in its header', FOUR_COLOURS.subarray(0, 200), {}, 'Corrupt', /^the HEIC is damaged or incomplete \(decoder: /],
    ['if it ends in its image data', FOUR_COLOURS.subarray(0, -10), {}, 'Corrupt', /^the HEIC is damaged or incomplete \(decoder: /],
    ['if it only begins like one', Buffer.concat([FOUR_COLOURS.subarray(0, 24), Buffer.alloc(1000)]), {}, 'Corrupt', /^the HEIC /],
    [
      'if it is coded in another way',
      heifFile([{ type: 'av01', data: Buffer.alloc(100), properties: [box('ispe', uint32(0, 64, 64)), box('av1C', uint32(0x81000000))] }]),
      {},
      'UnsupportedHeic',
      /^a HEIC photo of an unsupported kind/,
    ],
  ])('%s', (_what, bytes, options, code, detail) => {
    expect(decodeHeic(bytes, options)).toEqual({ status: 'failed', code, detail: expect.stringMatching(detail) });
  });

  test.each<[what: string, bytes: () => Buffer, code: string]>([
    ['claims a size beyond the limit', () => resized(20_000, 20_000), 'TooManyPixels'],
    ['is larger than it claims to be', () => heifFile([grid(10_000, 10_000, [1], size(64, 64)), photoItem()]), 'TooManyPixels'],
    ['is a grid of itself', () => heifFile([grid(64, 64, [0])]), 'Corrupt'],
    ['is a grid of a grid of itself', () => heifFile([grid(64, 64, [1]), grid(64, 64, [0])]), 'Corrupt'],
    ['is a grid of nothing', () => heifFile([grid(64, 64, [9])]), 'Corrupt'],
    ['has thousands of references', () => heifFile([grid(64, 64, new Array<number>(60_000).fill(1)), photoItem()]), 'Corrupt'],
    ['has thousands of items', () => heifFile(new Array<HeifItem>(1500).fill(photoItem())), 'TooManyPixels'],
    ['has no image data', () => heifFile([{ ...photoItem(), data: Buffer.alloc(0) }]), 'Corrupt'],
    ['has no item', () => heifFile([]), 'Corrupt'],
  ])('if it %s', (_what, bytes, code) => {
    expect(decodeHeic(bytes())).toEqual({ status: 'failed', code, detail: expect.stringMatching(/^[^\n]+$/) });
  });

  test('if it ends anywhere', () => {
    for (let length = 24; length < FOUR_COLOURS.length; length += 31) {
      expect(decodeHeic(FOUR_COLOURS.subarray(0, length))).toMatchObject({
        status: 'failed',
        code: expect.stringMatching(/Corrupt|UnsupportedHeic/),
      });
    }
  });
});
