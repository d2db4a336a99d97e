/** The image types that are accepted; `heic` only with a decoder for it. */
export type InputFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff' | 'heic';

const SIGNATURES: readonly (readonly [InputFormat, Buffer])[] = [
  ['jpeg', Buffer.from('ffd8ff', 'hex')],
  ['png', Buffer.from('89504e470d0a1a0a', 'hex')],
  ['gif', Buffer.from('GIF87a', 'latin1')],
  ['gif', Buffer.from('GIF89a', 'latin1')],
  ['tiff', Buffer.from('II*\0', 'latin1')],
  ['tiff', Buffer.from('MM\0*', 'latin1')],
  // BigTIFF
  ['tiff', Buffer.from('II+\0', 'latin1')],
  ['tiff', Buffer.from('MM\0+', 'latin1')],
];

/** Brands that identify the content (https://mp4ra.org/registered-types/brands, AV1 Image File Format 1.2, section 8). */
const BRANDS = new Map<string, 'avif' | 'avif sequence' | 'heic'>([
  ['avif', 'avif'],
  ['avis', 'avif sequence'],
  ...['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'].map((brand) => [brand, 'heic'] as const),
]);
/** An `ftyp` box lists only a few brands; anything beyond this length is ignored. */
const MAX_BRANDS_BYTES = 256;

/**
 * Detects the type of a file from its first bytes; its name does not matter.
 * @returns `heic` for HEIC and HEIF photos, `avif sequence` for animations, `undefined` for any type that is not accepted
 */
export function detectFileType(bytes: Buffer): InputFormat | 'avif sequence' | undefined {
  const [format] = SIGNATURES.find(([, signature]) => bytes.subarray(0, signature.length).equals(signature)) ?? [];
  if (format !== undefined) return format;
  if (isAscii(bytes, 0, 'RIFF') && isAscii(bytes, 8, 'WEBP')) return 'webp';
  return isAscii(bytes, 4, 'ftyp') ? typeOfBrands(bytes) : undefined;
}

/** The major brand decides. If it is a generic one (`mif1`), the first compatible brand that is known decides. */
function typeOfBrands(bytes: Buffer): 'avif' | 'avif sequence' | 'heic' | undefined {
  const end = Math.min(bytes.readUInt32BE(0), bytes.length, MAX_BRANDS_BYTES);
  for (let at = 8; at + 4 <= end; at += 4) {
    const type = BRANDS.get(bytes.toString('latin1', at, at + 4));
    if (type !== undefined) return type;
  }
  return undefined;
}

function isAscii(bytes: Buffer, at: number, text: string): boolean {
  return bytes.toString('latin1', at, at + text.length) === text;
}

const NEW_SUBFILE_TYPE = 254;
const REDUCED_RESOLUTION = 1;
const ENTRY_BYTES = 12;

/**
 * Returns whether the first image of a TIFF is marked as a reduced version of another one. Camera raw files (DNG, NEF, ARW) are such
 * TIFFs: their first image is a thumbnail, which would be mistaken for the photo.
 */
export function isTiffPreview(tiff: Buffer): boolean {
  const littleEndian = tiff[0] === 0x49;
  const uint16 = (at: number): number => (littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const uint32 = (at: number): number => (littleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  if (tiff.length < 8 || uint16(2) !== 42) return false;
  const directory = uint32(4);
  if (directory + 2 > tiff.length) return false;
  const entries = Math.min(uint16(directory), Math.floor((tiff.length - directory - 2) / ENTRY_BYTES));
  for (let index = 0; index < entries; index += 1) {
    const at = directory + 2 + index * ENTRY_BYTES;
    if (uint16(at) === NEW_SUBFILE_TYPE) return (uint32(at + 8) & REDUCED_RESOLUTION) !== 0;
  }
  return false;
}

/** First bytes, in Latin-1, of files that are often uploaded instead of an image. */
const FOREIGN_SIGNATURES: readonly (readonly [name: string, start: string])[] = [
  ['a PDF document', '%PDF'],
  ['a PostScript program', '%!PS'],
  ['a ZIP archive or an Office document', 'PK\x03\x04'],
  ['a gzip archive', '\x1f\x8b'],
  ['a bitmap (BMP)', 'BM'],
  ['a Photoshop document', '8BPS'],
  ['a JPEG 2000 image', '\0\0\0\x0cjP  '],
  ['a JPEG XL image', '\0\0\0\x0cJXL '],
  ['a JPEG XL image', '\xff\x0a'],
  ['a program (ELF)', '\x7fELF'],
  ['a Windows program', 'MZ'],
  ['a libvips image', '\x08\xf2\xa6\xb6'],
  ['a libvips image', '\xb6\xa6\xf2\x08'],
  ['a RIFF file, such as audio or video', 'RIFF'],
];

/** Text formats, by what they contain near the beginning. */
const TEXT_FORMATS: readonly (readonly [name: string, content: RegExp])[] = [
  ['an SVG drawing', /<svg/i],
  ['a web page', /<(!doctype )?html/i],
  ['an XML document', /^\s*<\?xml/],
  ['a script', /^#!/],
];

const INSPECTED_BYTES = 512;
const SHOWN_BYTES = 12;

/** Describes a file that is not an accepted image, as far as its beginning shows, and quotes its first bytes in hexadecimal. */
export function describeForeignType(bytes: Buffer): string {
  return `${nameOf(bytes.subarray(0, INSPECTED_BYTES))} (it begins with ${bytes.toString('hex', 0, SHOWN_BYTES)})`;
}

function nameOf(start: Buffer): string {
  const latin = start.toString('latin1');
  const [signature] = FOREIGN_SIGNATURES.find(([, prefix]) => latin.startsWith(prefix)) ?? [];
  if (signature !== undefined) return signature;
  const brand = /^....ftyp([\w ]{4})/s.exec(latin)?.[1];
  if (brand !== undefined) return `a video or another media file of the brand ${JSON.stringify(brand.trim())}`;
  const text = start.toString('utf8').replace(/^\ufeff/, '');
  if (!isText(text)) return 'a file of unknown type';
  return TEXT_FORMATS.find(([, content]) => content.test(text))?.[0] ?? 'a text file';
}

/** Returns whether there are only printable characters and white space; the last character may be cut off. */
function isText(text: string): boolean {
  return /^[^\p{Cc}\ufffd]*\ufffd?$/u.test(text.replaceAll(/[\t\n\r\f]/g, ''));
}
