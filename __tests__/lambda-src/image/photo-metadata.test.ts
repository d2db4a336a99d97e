import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { PhotoMetadata } from '../../../lambda-src/contract/outcome.ts';
import { METADATA_FIELDS, type MetadataField, RENDITION_FORMATS } from '../../../lambda-src/contract/recipe.ts';
import { copyrightPacket, readPhotoMetadata } from '../../../lambda-src/image/photo-metadata.ts';
import { renderImage } from '../../../lambda-src/image/render.ts';
import { seededRandom } from '../../../local/samples/seeded-random.ts';
import { jpegSegment, withJpegSegments } from '../../fixtures/jpeg-segments.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { GPS_DEGREES, MARKERS, photoWithPlantedMetadata } from '../../fixtures/planted-metadata.ts';
import { LIMITS, rendition } from './limits.ts';
import './rendering.ts';

const EXIF = {
  IFD0: { Make: 'Acme', Model: 'Acme One', Copyright: '(c) 2026 Zoe', ImageDescription: 'A beach' },
  IFD2: { DateTimeOriginal: '2026:03:04 05:06:07', OffsetTimeOriginal: '+01:00' },
  IFD3: { GPSLatitude: '51/1 28/1 40/1', GPSLatitudeRef: 'N', GPSLongitude: '0/1 0/1 18/10', GPSLongitudeRef: 'W' },
};
const METADATA: PhotoMetadata = {
  captureTime: '2026-03-04T05:06:07+01:00',
  camera: 'Acme One',
  copyright: '(c) 2026 Zoe',
  caption: 'A beach',
  gps: { latitude: 51.477778, longitude: -0.0005 },
};
const ALL = Object.fromEntries(METADATA_FIELDS.map((field) => [field, true]));

async function photoWith(
  exif: typeof EXIF | Record<string, Record<string, string>>,
  format: 'jpeg' | 'png' | 'webp' | 'avif' = 'jpeg',
): Promise<Buffer> {
  return sharp(await makePhoto({ width: 64, height: 48, format: 'png' }))
    .withExif(exif)
    .toFormat(format)
    .toBuffer();
}

function render(bytes: Buffer, options: { metadata?: Partial<Record<MetadataField, boolean>>; keepCopyright?: boolean }) {
  const renditions = RENDITION_FORMATS.map((format) => rendition({ name: format, format, width: 100, height: 100 }));
  return renderImage(bytes, { recipe: { renditions, background: '#ffffff', ...options }, limits: LIMITS, timeoutMilliseconds: 100_000 });
}

/** Makes little-endian EXIF with one directory; each entry is a tag, a type, a count and an offset or a value. */
function exifOf(entries: readonly (readonly [tag: number, type: number, count: number, value: number])[], rest = Buffer.alloc(0)): Buffer {
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length, 0);
  entries.forEach(([tag, type, count, value], index) => {
    const at = 2 + index * 12;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(count, at + 4);
    directory.writeUInt32LE(value, at + 8);
  });
  return Buffer.concat([Buffer.from('Exif\0\0II*\0\x08\0\0\0', 'latin1'), directory, rest]);
}

async function withExifBytes(exif: Buffer): Promise<Buffer> {
  return withJpegSegments(await makePhoto({ width: 64, height: 48 }), jpegSegment(0xe1, exif));
}

describe('The metadata of an original', () => {
  test.each(['jpeg', 'png', 'webp', 'avif'] as const)('is read from the EXIF of a %s', async (format) => {
    expect((await render(await photoWith(EXIF, format), { metadata: ALL })).metadata).toEqual(METADATA);
  });

  test.each(METADATA_FIELDS)('is returned only as far as the recipe asks for it: %s', async (field) => {
    expect((await render(await photoWith(EXIF), { metadata: { [field]: true } })).metadata).toEqual({ [field]: METADATA[field] });
  });

  test('is not returned by default, nor if there is none', async () => {
    expect(await render(await photoWith(EXIF), {})).not.toHaveProperty('metadata');
    expect((await render(await makePhoto({ width: 64, height: 48 }), { metadata: ALL })).metadata).toBeUndefined();
  });

  test('is the local time of the camera if the offset is unknown, and no time if there is no such day', async () => {
    const at = async (DateTimeOriginal: string) =>
      (await readPhotoMetadata(await photoWith({ IFD2: { DateTimeOriginal } }), 'jpeg')).captureTime;

    expect(await at('2026:03:04 05:06:07')).toBe('2026-03-04T05:06:07');
    expect(await at('2026:02:30 05:06:07')).toBeUndefined();
    expect(await at('0000:00:00 00:00:00')).toBeUndefined();
  });

  test('comes from XMP, and then from IPTC, if EXIF has no text', async () => {
    const xmp = '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">Tom &amp; &#90;o&#xEB; &lt;3</rdf:li></rdf:Alt></dc:rights>';
    const photo = await sharp(await makePhoto({ width: 64, height: 48 }))
      .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${xmp}</x:xmpmeta>`)
      .jpeg()
      .toBuffer();

    expect((await readPhotoMetadata(photo, 'jpeg')).copyright).toBe('Tom & Zoë <3');
    const plain = withJpegSegments(await makePhoto({ width: 64, height: 48 }), await iptcSegment());
    expect((await readPhotoMetadata(plain, 'jpeg')).caption).toBe(MARKERS.iptc);
  });

  test('has bounded texts on one line', async () => {
    const text = Buffer.from(`a\0b\nc\u202ed${'é'.repeat(5_000)}`);
    const { caption = '' } = await readPhotoMetadata(await withExifBytes(exifOf([[0x010e, 2, text.length, 26]], text)), 'jpeg');

    expect(caption).toMatch(/^a b cdé+/);
    expect([...caption].length).toBeLessThanOrEqual(2_000);
    expect(caption).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test('has no impossible position', async () => {
    const position = async (GPSLatitude: string, GPSLongitude = '1/1 0/1 0/1') =>
      (await readPhotoMetadata(await photoWith({ IFD3: { GPSLatitude, GPSLatitudeRef: 'S', GPSLongitude, GPSLongitudeRef: 'E' } }), 'jpeg'))
        .gps;

    expect(await position('10/1 30/1 0/1')).toEqual({ latitude: -10.5, longitude: 1 });
    expect(await position('91/1 0/1 0/1')).toBeUndefined();
    expect(await position('1/0 0/1 0/1')).toBeUndefined();
    expect(await position('1/1 0/1 0/1', '0/0 0/0 0/0')).toBeUndefined();
  });

  test.each<[string, Buffer]>([
    ['counts that cover the file again and again', exifOf(Array.from({ length: 5_000 }, () => [0x010e, 2, 0xffffffff, 8] as const))],
    [
      'directories that point to themselves',
      exifOf([
        [0x8769, 4, 1, 8],
        [0x8825, 4, 1, 8],
      ]),
    ],
    [
      'offsets outside the file',
      exifOf([
        [0x8769, 4, 1, 0xfffffff0],
        [0x010e, 2, 100, 0xfffffff0],
        [0x8298, 5, 3, 0xffffffff],
      ]),
    ],
    ['an end within a directory', exifOf([[0x010e, 2, 100, 50]]).subarray(0, 20)],
    ['nothing but a header', Buffer.from('Exif\0\0', 'latin1')],
  ])('does not fail a photo, nor take long, with %s', async (_what, exif) => {
    const photo = await withExifBytes(exif);

    const { metadata = {}, renditions } = await render(photo, { metadata: ALL, keepCopyright: true });
    expect(renditions).toHaveLength(RENDITION_FORMATS.length);
    expect([...(metadata.caption ?? '')].length).toBeLessThanOrEqual(2_000);
  });

  test('survives 500 random changes of a photo’s EXIF', async () => {
    const photo = await photoWith(EXIF);
    const random = seededRandom(15);
    for (let round = 0; round < 500; round += 1) {
      const changed = Buffer.from(photo);
      for (let change = 0; change < 4; change += 1) changed[30 + Math.floor(random() * 400)] = Math.floor(random() * 256);
      const metadata = await readPhotoMetadata(changed, 'jpeg');
      expect(JSON.stringify(metadata).length).toBeLessThan(20_000);
      expect(JSON.stringify(Object.values(metadata))).not.toMatch(/\\u00[01]/);
    }
  });
});

describe('A rendition with keepCopyright', () => {
  test.each(RENDITION_FORMATS)('in %s has the copyright as XMP and no other metadata', async (format) => {
    const { renditions } = await render(await photoWithPlantedMetadata('webp'), { keepCopyright: true, metadata: ALL });
    const { body = Buffer.alloc(0) } = renditions.find((one) => one.rendition.name === format) ?? {};
    const { exif, icc, iptc, xmp, comments, orientation } = await sharp(body).metadata();
    const packet = copyrightPacket(MARKERS.exif);

    expect(xmp?.toString()).toBe(packet);
    expect({ exif, icc, iptc, comments, orientation }).toEqual({});
    // PNG compresses the packet.
    const rest = format === 'png' ? withoutText(body) : Buffer.from(body.toString('latin1').replace(packet, ''), 'latin1');
    expect(rest.length).toBeLessThanOrEqual(body.length - (format === 'png' ? 100 : packet.length));
    const degrees = Buffer.alloc(4);
    degrees.writeUInt32LE(GPS_DEGREES);
    const traces = [
      ...Object.values(MARKERS).map((marker) => Buffer.from(marker)),
      degrees,
      Buffer.from(degrees).reverse(),
      Buffer.from('Exif\0'),
    ];
    expect(traces.filter((trace) => rest.includes(trace))).toEqual([]);
  });

  test('has no metadata if the original has no copyright', async () => {
    const { renditions } = await render(await photoWith({ IFD0: { Make: 'Acme' } }), { keepCopyright: true });

    for (const { body } of renditions) expect((await sharp(body).metadata()).xmp).toBeUndefined();
  });

  test('escapes what would end the text', async () => {
    const { renditions } = await render(await photoWith({ IFD0: { Copyright: '</rdf:li><evil>&' } }), { keepCopyright: true });
    const { xmp } = await sharp(renditions[0]?.body).metadata();

    expect(xmp?.toString()).toContain('&#60;/rdf:li>'.replace('>', '&#62;'));
    expect(xmp?.toString()).not.toContain('<evil');
  });
});

/** Removes the one text chunk that a PNG with XMP has. */
function withoutText(png: Buffer): Buffer {
  const at = png.indexOf('zTXt') - 4;
  const end = at + 12 + png.readUInt32BE(at);
  expect(png.toString('latin1', at + 8, at + 26)).toBe('XML:com.adobe.xmp\0');
  expect(png.indexOf('zTXt', end)).toBe(-1);
  return Buffer.concat([png.subarray(0, at), png.subarray(end)]);
}

async function iptcSegment(): Promise<Buffer> {
  const planted = await photoWithPlantedMetadata('jpeg');
  const at = planted.indexOf(Buffer.from('ffed', 'hex'));
  return planted.subarray(at, at + 2 + planted.readUInt16BE(at + 2));
}
