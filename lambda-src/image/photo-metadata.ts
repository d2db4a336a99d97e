import type { PhotoMetadata } from '../contract/outcome.ts';
import { Exif } from './exif.ts';
import type { InputFormat } from './file-type.ts';
import { sharp } from './sharp.ts';

/** Longest texts, in characters. */
const MAX_CHARACTERS = { camera: 100, copyright: 500, caption: 2_000 } as const;

/** Bytes of XMP and IPTC that are looked at; editors write a few kilobytes. */
const MAX_BLOCK_BYTES = 262_144;

const TAGS = {
  caption: 0x010e,
  make: 0x010f,
  model: 0x0110,
  copyright: 0x8298,
  exifDirectory: 0x8769,
  gpsDirectory: 0x8825,
  captureTime: 0x9003,
  captureOffset: 0x9011,
  latitudeRef: 1,
  latitude: 2,
  longitudeRef: 3,
  longitude: 4,
} as const;

interface Blocks {
  readonly exif: Exif;
  readonly xmp: string;
  readonly iptc: Buffer;
}

/**
 * Reads the metadata of an original: from EXIF, then XMP, then IPTC. What is missing or damaged is left out, because it never fails a photo.
 * @param bytes the original; a PNG without its text chunks, which libpng would inflate
 */
export async function readPhotoMetadata(bytes: Buffer, format: InputFormat): Promise<PhotoMetadata> {
  try {
    const { exif, xmp, iptc } = await sharp(bytes, { limitInputPixels: false }).metadata();
    const blocks: Blocks = {
      // A TIFF has the tags of EXIF itself.
      exif: new Exif(format === 'tiff' ? bytes : (exif ?? Buffer.alloc(0))),
      xmp: (xmp ?? Buffer.alloc(0)).toString('utf8', 0, MAX_BLOCK_BYTES),
      iptc: (iptc ?? Buffer.alloc(0)).subarray(0, MAX_BLOCK_BYTES),
    };
    return {
      captureTime: captureTime(blocks.exif),
      camera: camera(blocks.exif) || undefined,
      copyright: firstText(blocks, TAGS.copyright, 'dc:rights', 116, MAX_CHARACTERS.copyright) || undefined,
      caption: firstText(blocks, TAGS.caption, 'dc:description', 120, MAX_CHARACTERS.caption) || undefined,
      gps: position(blocks.exif),
    };
  } catch {
    return {};
  }
}

function captureTime(exif: Exif): string | undefined {
  const photo = exif.directory(exif.image, TAGS.exifDirectory);
  return captureTimeOf(plain(exif.text(photo, TAGS.captureTime), 30), plain(exif.text(photo, TAGS.captureOffset), 10));
}

function camera(exif: Exif): string {
  const [make = '', model = ''] = [TAGS.make, TAGS.model].map((tag) => plain(exif.text(exif.image, tag), MAX_CHARACTERS.camera));
  // Many models begin with the name of their maker.
  const isNamed = model.toLowerCase().startsWith(make.toLowerCase());
  return (isNamed ? model : `${make} ${model}`).trim().slice(0, MAX_CHARACTERS.camera);
}

function position(exif: Exif): PhotoMetadata['gps'] {
  const gps = exif.directory(exif.image, TAGS.gpsDirectory);
  const latitude = signed(exif.degrees(gps, TAGS.latitude), exif.text(gps, TAGS.latitudeRef), 'S', 90);
  const longitude = signed(exif.degrees(gps, TAGS.longitude), exif.text(gps, TAGS.longitudeRef), 'W', 180);
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

/** Converts EXIF's `2026:03:04 05:06:07` to ISO 8601; it is local time unless the offset is known. */
function captureTimeOf(text: string, offset: string): string | undefined {
  const [, year, month, day, time = ''] = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(text) ?? [];
  const local = `${year}-${month}-${day}T${time}`;
  const date = new Date(`${local}Z`);
  // `2026-02-30` would be taken for 2 March.
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 19) !== local) return undefined;
  return /^[+-](0\d|1[0-4]):[0-5]\d$/.test(offset) ? local + offset : local;
}

function firstText({ exif, xmp, iptc }: Blocks, tag: number, property: string, dataset: number, most: number): string {
  return plain(exif.text(exif.image, tag), most) || plain(xmpText(xmp, property), most) || plain(iptcText(iptc, dataset), most);
}

/** Returns the first text of an XMP property with one text per language. */
function xmpText(xmp: string, property: string): string | undefined {
  const from = xmp.indexOf(`<${property}`);
  if (from < 0) return undefined;
  const escaped = /<rdf:li[^<>]*>([^<>]*)<\/rdf:li>/.exec(xmp.slice(from, from + 8_192))?.[1];
  return escaped?.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot|apos));/gi, (_, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? '';
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return point <= 0x10ffff ? String.fromCodePoint(point) : '';
  });
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Returns the text of a dataset of IPTC's application record, such as 2:116 (https://www.iptc.org/std/IIM/4.2/specification/IIMV4.2.pdf). */
function iptcText(iptc: Buffer, dataset: number): Buffer | undefined {
  const at = iptc.indexOf(Buffer.from([0x1c, 2, dataset]));
  if (at < 0 || at + 5 > iptc.length) return undefined;
  return iptc.subarray(at + 5, at + 5 + iptc.readUInt16BE(at + 3));
}

function signed(degrees: number | undefined, reference: Buffer | undefined, negative: 'S' | 'W', most: number): number | undefined {
  if (degrees === undefined || !(degrees <= most)) return undefined;
  const sign = reference?.toString('latin1', 0, 1).toUpperCase() === negative ? -1 : 1;
  return (sign * Math.round(degrees * 1e6)) / 1e6;
}

/** Returns text on one line: UTF-8, or Latin-1 if it is not, without control characters and marks that reverse the direction of what follows. */
function plain(value: Buffer | string | undefined, most: number): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : decoded(value);
  const characters = [
    ...text
      .toWellFormed()
      .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
      .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
      .trim(),
  ];
  return characters.slice(0, most).join('').trim();
}

function decoded(bytes: Buffer): string {
  try {
    // As part of a stream, the text may end within a character.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return bytes.toString('latin1');
  }
}

/** Returns an XMP packet that has a copyright and nothing else. */
export function copyrightPacket(copyright: string): string {
  const escaped = copyright.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);
  return (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights><rdf:Alt>' +
    `<rdf:li xml:lang="x-default">${escaped}</rdf:li></rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>`
  );
}
