import { beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { RENDITION_FORMATS } from '../../../lambda-src/contract/recipe.ts';
import type { RenderedRendition } from '../../../lambda-src/image/render.ts';
import { GPS_DEGREES, MARKERS, photoWithPlantedMetadata } from '../../fixtures/planted-metadata.ts';
import { rendition } from './limits.ts';
import { render } from './rendering.ts';

const CARRIED = {
  jpeg: ['exif', 'gps', 'xmp', 'iptc', 'icc', 'comment', 'thumbnail', 'trailer'],
  png: ['exif', 'gps', 'comment', 'trailer'],
  webp: ['exif', 'gps', 'xmp'],
  avif: ['exif', 'gps', 'xmp'],
} as const satisfies Record<string, readonly (keyof typeof MARKERS)[]>;

describe.each(['jpeg', 'png', 'webp', 'avif'] as const)('from a %s that carries everything', (format) => {
  let original: Buffer;
  let renditions: readonly RenderedRendition[];
  beforeAll(async () => {
    original = await photoWithPlantedMetadata(format);
    const recipe = [
      ...RENDITION_FORMATS.map((output) => rendition({ name: output, format: output, width: 300, height: 150, fit: 'cover' })),
      rendition({ name: 'padded', format: 'webp', fit: 'contain', background: 'transparent' }),
      rendition({ name: 'clever', format: 'jpeg', width: 150, height: 150, fit: 'cover', position: 'attention', sharpen: 1 }),
      rendition({ name: 'moving', format: 'webp', animated: true }),
    ];
    renditions = (await render(original, recipe)).renditions;
  });

  test('the original contains all the planted metadata', async () => {
    const { exif, xmp, icc } = await sharp(original).metadata();
    expect(CARRIED[format].filter((kind) => !holds(original, MARKERS[kind]))).toEqual([]);
    expect(encodingsOfDegrees().some((bytes) => original.includes(bytes))).toBe(true);
    expect([exif, xmp, icc]).toEqual([expect.any(Buffer), expect.any(Buffer), expect.any(Buffer)]);
  });

  test('no rendition contains a planted text in any encoding', () => {
    const found = renditions.flatMap(({ rendition: { name }, body }) =>
      Object.values(MARKERS)
        .filter((marker) => holds(body, marker))
        .map((marker) => `${marker} in ${name}`),
    );
    expect(found).toEqual([]);
  });

  test('no rendition contains the GPS position, a colour profile or an EXIF header', () => {
    const traces = [
      ...encodingsOfDegrees(),
      ...['acsp', 'Exif\0', 'http://ns.adobe.com', 'Photoshop', 'MPF\0'].map((text) => Buffer.from(text)),
    ];
    expect(renditions.filter(({ body }) => traces.some((trace) => body.includes(trace)))).toEqual([]);
  });

  test('sharp finds no metadata in any rendition', async () => {
    for (const { body } of renditions) {
      const { exif, xmp, icc, iptc, tifftagPhotoshop, comments, orientation } = await sharp(body).metadata();
      expect({ exif, xmp, icc, iptc, tifftagPhotoshop, comments, orientation }).toEqual({});
    }
  });

  test('JPEG and PNG renditions consist only of the segments and chunks that decoding needs', () => {
    const bodyOf = (name: string): Buffer => renditions.find((one) => one.rendition.name === name)?.body ?? Buffer.alloc(0);
    expect(segmentsOf(bodyOf('jpeg')).filter((marker) => !NEEDED_SEGMENTS.has(marker))).toEqual([]);
    expect(new Set(chunksOf(bodyOf('png')))).toEqual(new Set(['IHDR', 'pHYs', 'IDAT', 'IEND']));
  });
});

/** Frame, Huffman tables, quantisation tables, start of scan; no APPn, no comment. */
const NEEDED_SEGMENTS = new Set([0xc0, 0xc4, 0xdb, 0xda]);

function holds(file: Buffer, text: string): boolean {
  return encodingsOf(text).some((bytes) => file.includes(bytes));
}

function encodingsOf(text: string): Buffer[] {
  const plain = Buffer.from(text);
  const bigEndian = Buffer.from(text, 'utf16le').swap16();
  // Base64 differs at each of three offsets, and the two characters at either end depend on their neighbours.
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), plain])
      .toString('base64')
      .slice(4, -4),
  );
  const hex = [plain.toString('hex'), plain.toString('hex').toUpperCase()];
  return [
    plain,
    Buffer.from(text, 'utf16le'),
    bigEndian,
    Buffer.from(plain).reverse(),
    ...[...base64, ...hex].map((letters) => Buffer.from(letters)),
  ];
}

function encodingsOfDegrees(): Buffer[] {
  const little = Buffer.alloc(4);
  little.writeUInt32LE(GPS_DEGREES);
  return [little, Buffer.from(little).reverse(), Buffer.from(String(GPS_DEGREES))];
}

function segmentsOf(jpeg: Buffer): number[] {
  const markers: number[] = [];
  for (let at = 2; at + 4 <= jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    markers.push(jpeg.readUInt8(at + 1));
    if (markers.at(-1) === 0xda) break;
  }
  return markers;
}

function chunksOf(png: Buffer): string[] {
  const types: string[] = [];
  for (let at = 8; at + 12 <= png.length; at += 12 + png.readUInt32BE(at)) types.push(png.toString('latin1', at + 4, at + 8));
  return types;
}
