import { crc32 } from 'node:zlib';
import { ImageFailure } from '../contract/outcome.ts';
import type { InputFormat } from './file-type.ts';

/** What the decoder was reading when it failed. */
type DecodedPart = 'header' | 'pixels';

/** libvips' messages can be pages long. */
const MAX_QUOTED_LENGTH = 200;

/** Messages of sharp and libvips that only say that something failed. */
const GENERIC = /^(Input buffer|Warning treated as error|source: bad seek)/;

/** Makes the failure for an image that its decoder rejected. Describes the damage and quotes the decoder if its message adds anything. */
export function corrupt(cause: unknown, format: InputFormat, bytes: Buffer, part: DecodedPart): ImageFailure {
  const [firstLine = ''] = String(cause instanceof Error ? cause.message : cause).split('\n');
  const message = firstLine.replace(/^Input buffer has corrupt header: ?/, '').trim();
  const quoted = message === '' || GENERIC.test(message) ? '' : ` (decoder: ${message.slice(0, MAX_QUOTED_LENGTH)})`;
  return new ImageFailure('Corrupt', `${describeDamage(format, bytes, part, message)}${quoted}`, { cause });
}

/**
 * Describes in plain words what is wrong with a file that its decoder rejected. Looks at the structure of the file, because most decoders
 * report only that they failed. Runs only for failures and reads no pixels.
 * @param message the decoder's message
 */
export function describeDamage(format: InputFormat, bytes: Buffer, part: DecodedPart, message: string): string {
  const found = INSPECTIONS[format]?.(bytes) ?? DECODER_MESSAGES.find(([pattern]) => pattern.test(message))?.[1];
  return `the ${NAMES[format]} ${found ?? UNKNOWN_DAMAGE[part]}`;
}

const UNKNOWN_DAMAGE: Readonly<Record<DecodedPart, string>> = {
  header: 'has a damaged header',
  pixels: 'has image data that is damaged or does not match its header',
};

const NAMES: Readonly<Record<InputFormat, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  avif: 'AVIF',
  gif: 'GIF',
  tiff: 'TIFF',
  heic: 'HEIC',
};

/** What decoders' messages mean. */
const DECODER_MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/premature end|unexpected end|end of file|not enough data/i, 'has too little image data for its size'],
  [
    /huffman code|corrupt jpeg data|code not yet in table|frame data|not terminated|decoding error|unable to read pixels/i,
    'has damaged image data',
  ],
  [/progression sequence/i, 'has scans that contradict each other'],
  [/bogus|invalid|unsupported|required field/i, 'has a damaged header'],
  [/out of range/i, 'has a header with values that are out of range'],
];

/** Find the first fault in the structure of a file; undefined if there is none. */
const INSPECTIONS: Partial<Readonly<Record<InputFormat, (bytes: Buffer) => string | undefined>>> = {
  png: inspectPng,
  webp: inspectWebp,
  avif: inspectAvif,
  tiff: inspectTiff,
};

const PNG_SIGNATURE_BYTES = 8;
/** Length, type and checksum of a chunk. */
const CHUNK_FRAME_BYTES = 12;

function inspectPng(png: Buffer): string | undefined {
  let hasData = false;
  for (let at = PNG_SIGNATURE_BYTES; at < png.length; ) {
    if (at + CHUNK_FRAME_BYTES > png.length) return 'ends inside a chunk header';
    const type = png.toString('latin1', at + 4, at + 8);
    if (!/^[A-Za-z]{4}$/.test(type)) return `has no chunk at byte ${at}, where one should begin`;
    const end = at + CHUNK_FRAME_BYTES + png.readUInt32BE(at);
    if (end > png.length) return `ends inside its ${type} chunk: ${end - png.length} bytes are missing`;
    if (crc32(png.subarray(at + 4, end - 4)) !== png.readUInt32BE(end - 4)) return `has a wrong checksum in its ${type} chunk`;
    if (type === 'IEND') return hasData ? 'has image data that is damaged or too short for its size' : 'has no image data';
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
    // A size of 0 means up to the end of the file; 1 announces a 64-bit size field.
    if (size < 2) return undefined;
    if (size < BOX_HEADER_BYTES) return `has a damaged box at byte ${at}`;
    if (at + size > avif.length) return missing(at + size, avif);
    at += size;
  }
  return hasDescription ? undefined : 'has no description of its image (meta box)';
}

const TIFF_ENTRY_BYTES = 12;
const STRIP_OFFSETS = 273;

function inspectTiff(tiff: Buffer): string | undefined {
  const isLittleEndian = tiff[0] === 0x49;
  const uint16 = (at: number): number => (isLittleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const uint32 = (at: number): number => (isLittleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  if (tiff.length < 8) return 'ends inside its header';
  if (uint16(2) !== 42) return undefined;
  const directory = uint32(4);
  if (directory + 2 > tiff.length) return missing(directory + 2, tiff);
  const end = directory + 2 + uint16(directory) * TIFF_ENTRY_BYTES;
  if (end > tiff.length) return missing(end, tiff);
  for (let at = directory + 2; at < end; at += TIFF_ENTRY_BYTES) {
    if (uint16(at) === STRIP_OFFSETS && uint32(at + 4) === 1 && uint32(at + 8) >= tiff.length) return missing(uint32(at + 8) + 1, tiff);
  }
  const hasLoop = end + 4 <= tiff.length && uint32(end) === directory;
  return hasLoop ? 'has a directory that points to itself as the next one' : undefined;
}

function missing(needed: number, { length }: Buffer): string {
  return `needs at least ${needed} bytes, but the file has only ${length}`;
}
