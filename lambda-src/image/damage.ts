import { crc32 } from 'node:zlib';
import type { InputFormat } from './file-type.ts';

/** What the decoder was reading when it gave up. */
export type DecodedPart = 'header' | 'pixels';

/**
 * What is wrong with a file that its decoder refused, in words for people. It is looked for in the structure of the file, as most
 * decoders say no more than that they failed. Runs for failures only, and reads no pixels.
 * @param words what the decoder said
 */
export function describeDamage(format: InputFormat, bytes: Buffer, part: DecodedPart, words: string): string {
  const found = INSPECTIONS[format]?.(bytes) ?? SAYINGS.find(([pattern]) => pattern.test(words))?.[1];
  return `the ${NAMES[format]} ${found ?? UNKNOWN_DAMAGE[part]}`;
}

const UNKNOWN_DAMAGE: Readonly<Record<DecodedPart, string>> = {
  header: 'has a damaged header',
  pixels: 'has picture data that is damaged or does not fit its header',
};

const NAMES: Readonly<Record<InputFormat, string>> = { jpeg: 'JPEG', png: 'PNG', webp: 'WebP', avif: 'AVIF', gif: 'GIF', tiff: 'TIFF' };

/** What decoders say, and what it means. */
const SAYINGS: readonly (readonly [RegExp, string])[] = [
  [/premature end|unexpected end|end of file|not enough data/i, 'has less picture data than its size needs'],
  [
    /huffman code|corrupt jpeg data|code not yet in table|frame data|not terminated|decoding error|unable to read pixels/i,
    'has damaged picture data',
  ],
  [/progression sequence/i, 'has scans that contradict each other'],
  [/bogus|invalid|unsupported|required field/i, 'has a damaged header'],
  [/out of range/i, 'has a header with values beyond what is accepted'],
];

/** What the structure of a file shows to be wrong; undefined if nothing. */
const INSPECTIONS: Partial<Readonly<Record<InputFormat, (bytes: Buffer) => string | undefined>>> = {
  png: inspectPng,
  webp: inspectWebp,
  avif: inspectAvif,
  tiff: inspectTiff,
};

const PNG_SIGNATURE_BYTES = 8;
/** Length, type and checksum around the data of a chunk. */
const CHUNK_FRAME_BYTES = 12;

function inspectPng(png: Buffer): string | undefined {
  let hasData = false;
  for (let at = PNG_SIGNATURE_BYTES; at < png.length; ) {
    if (at + CHUNK_FRAME_BYTES > png.length) return 'ends in the header of a chunk';
    const type = png.toString('latin1', at + 4, at + 8);
    if (!/^[A-Za-z]{4}$/.test(type)) return `has no chunk at byte ${at}, where one should begin`;
    const end = at + CHUNK_FRAME_BYTES + png.readUInt32BE(at);
    if (end > png.length) return `ends in its ${type} chunk: ${end - png.length} bytes are missing`;
    if (crc32(png.subarray(at + 4, end - 4)) !== png.readUInt32BE(end - 4))
      return `was changed: the checksum of its ${type} chunk is wrong`;
    if (type === 'IEND') return hasData ? 'has damaged picture data, or less than its size needs' : 'has no picture data';
    if (type === 'IDAT') hasData = true;
    at = end;
  }
  return 'ends before its last chunk';
}

const RIFF_HEADER_BYTES = 8;

function inspectWebp(webp: Buffer): string | undefined {
  const announced = webp.readUInt32LE(4) + RIFF_HEADER_BYTES;
  return announced > webp.length ? missing(announced, webp) : undefined;
}

const BOX_HEADER_BYTES = 8;

function inspectAvif(avif: Buffer): string | undefined {
  let hasDescription = false;
  for (let at = 0; at + BOX_HEADER_BYTES <= avif.length; ) {
    const size = avif.readUInt32BE(at);
    const type = avif.toString('latin1', at + 4, at + 8);
    if (type === 'meta') hasDescription = true;
    // 0 reaches to the end, 1 announces a longer size field.
    if (size < 2) return undefined;
    if (size < BOX_HEADER_BYTES) return `has a damaged box at byte ${at}`;
    if (at + size > avif.length) return missing(at + size, avif);
    at += size;
  }
  return hasDescription ? undefined : 'has no description of its picture (meta box)';
}

const TIFF_ENTRY_BYTES = 12;
const STRIP_OFFSETS = 273;

function inspectTiff(tiff: Buffer): string | undefined {
  const isLittleEndian = tiff[0] === 0x49;
  const uint16 = (at: number): number => (isLittleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const uint32 = (at: number): number => (isLittleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  if (tiff.length < 8) return 'ends in its header';
  if (uint16(2) !== 42) return undefined;
  const directory = uint32(4);
  if (directory + 2 > tiff.length) return missing(directory + 2, tiff);
  const end = directory + 2 + uint16(directory) * TIFF_ENTRY_BYTES;
  if (end > tiff.length) return missing(end, tiff);
  for (let at = directory + 2; at < end; at += TIFF_ENTRY_BYTES) {
    if (uint16(at) === STRIP_OFFSETS && uint32(at + 4) === 1 && uint32(at + 8) >= tiff.length) return missing(uint32(at + 8) + 1, tiff);
  }
  const hasLoop = end + 4 <= tiff.length && uint32(end) === directory;
  return hasLoop ? 'has a directory that names itself as the next one' : undefined;
}

function missing(needed: number, { length }: Buffer): string {
  return `needs at least ${needed} bytes, but the file has only ${length}`;
}
