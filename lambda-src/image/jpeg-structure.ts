import { ImageFailure } from '../contract/outcome.ts';

const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
const STUFFED = 0x00;
const FILL = 0xff;

/** Huffman-coded frames whose one scan is decoded row by row: baseline and extended sequential (ITU-T T.81, table B.1). */
const SEQUENTIAL_FRAMES = new Set([0xc0, 0xc1]);

/** Frames that are not read: no camera writes them, and of all of them libjpeg decodes only lossless ones of 8 bits. */
const UNSUPPORTED_FRAMES: ReadonlyMap<number, string> = new Map([
  ...[0xc3, 0xcb].map((marker) => [marker, 'a lossless JPEG'] as const),
  ...[0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf].map((marker) => [marker, 'a hierarchical JPEG'] as const),
  [0xf7, 'a JPEG-LS image'],
]);
/** The other precision that T.81 allows besides 8. */
const UNSUPPORTED_PRECISION = 12;

/**
 * The most that libjpeg reads ahead of the symbol it decodes: one 64-bit word. As zeros they make no invalid code, which would be
 * noticed at some sizes only.
 */
const READ_AHEAD = Buffer.alloc(8);

/** Rows that libvips decodes at a time. */
const STRIP_ROWS = 8;

/** Within a frame header, after the marker and the length. */
const PRECISION_OFFSET = 4;
const HEIGHT_OFFSET = 5;
const FRAME_BYTES = 7;

/** A frame header. */
interface JpegFrame {
  /** Where its marker stands. */
  readonly at: number;
  /** Marker code, such as 0xc0 for baseline. */
  readonly marker: number;
  /** Bits per sample. */
  readonly precision: number;
  /** In pixels, as stored. */
  readonly height: number;
}

/** The markers of a JPEG's first picture. What follows it does not matter: phones append films and second pictures. */
export interface JpegStructure {
  /** Where the end marker stands; undefined if the file ends before it. */
  readonly end: number | undefined;
  readonly frame: JpegFrame | undefined;
  /** Scans that have begun. */
  readonly scans: number;
}

/**
 * Reads the markers of a JPEG that is whole and of a kind that is read.
 * @throws {ImageFailure} `UnsupportedType` or `Corrupt`
 */
export function admitJpeg(jpeg: Buffer): JpegStructure {
  const structure = readJpegStructure(jpeg);
  const kind = structure.frame && unsupportedKind(structure.frame);
  if (kind !== undefined) throw new ImageFailure('UnsupportedType', `${kind}: save it as an ordinary JPEG with 8 bits per sample`);
  if (structure.end === undefined) throw new ImageFailure('Corrupt', 'the JPEG ends before its end marker: a part of the file is missing');
  return structure;
}

/**
 * What libvips must be given to notice missing data whatever the size it decodes to.
 *
 * It notices libjpeg's warnings one strip of eight decoded rows late and misses those of the last strip, which is up to 64 rows of
 * the original when the decoder shrinks. It stops at once, however, when the file ends without an end marker. So a picture in one
 * sequential scan is given without that marker: the decoder of a picture with missing data then runs into the end of the file.
 * A picture in several scans is decoded before the first strip is made, and its warnings are noticed.
 * @param shrink by how much the decoder divides the sides: 1, 2, 4 or 8
 */
export function untilItsEnd(jpeg: Buffer, { end, frame, scans }: JpegStructure, shrink: number): { bytes: Buffer; addedRows: number } {
  if (frame === undefined || scans !== 1 || !SEQUENTIAL_FRAMES.has(frame.marker)) return { bytes: jpeg, addedRows: 0 };
  const bytes = Buffer.concat([jpeg.subarray(0, end), READ_AHEAD]);
  // libvips leaves out a row that the shrunk picture has only a part of, and does not even decode it if it would begin a strip. It is
  // made whole with rows that are in the file anyway, as blocks have 8 or 16. That stretches the picture by less than one decoded row,
  // as leaving it out does.
  const beyondStrips = frame.height % (STRIP_ROWS * shrink);
  const addedRows = beyondStrips > 0 && beyondStrips < shrink ? shrink - beyondStrips : 0;
  bytes.writeUInt16BE(frame.height + addedRows, frame.at + HEIGHT_OFFSET);
  return { bytes, addedRows };
}

function unsupportedKind({ marker, precision }: JpegFrame): string | undefined {
  return UNSUPPORTED_FRAMES.get(marker) ?? (precision === UNSUPPORTED_PRECISION ? `a JPEG with ${precision} bits per sample` : undefined);
}

/** Walks over the markers; the data of the scans is only searched for the next one. */
export function readJpegStructure(jpeg: Buffer): JpegStructure {
  let frame: JpegFrame | undefined;
  let scans = 0;
  for (let at = nextMarker(jpeg, 2); at < jpeg.length; at = nextMarker(jpeg, at)) {
    const marker = jpeg[at + 1] ?? 0;
    if (marker === END_OF_IMAGE) return { end: at, frame, scans };
    if (marker === START_OF_SCAN) scans += 1;
    else if (isFrame(marker)) frame ??= readFrame(jpeg, at);
    // Segments are jumped over, as their payload may hold a thumbnail with an end of its own.
    at += at + 4 <= jpeg.length ? 2 + jpeg.readUInt16BE(at + 2) : 4;
  }
  return { end: undefined, frame, scans };
}

function readFrame(jpeg: Buffer, at: number): JpegFrame | undefined {
  if (at + FRAME_BYTES > jpeg.length) return undefined;
  return {
    at,
    marker: jpeg.readUInt8(at + 1),
    precision: jpeg.readUInt8(at + PRECISION_OFFSET),
    height: jpeg.readUInt16BE(at + HEIGHT_OFFSET),
  };
}

/** SOF0 to SOF15, between which other markers stand, and SOF55 of JPEG-LS. */
function isFrame(marker: number): boolean {
  return (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xf7;
}

/** Where the next marker segment begins; within the data of a scan, 0xff is stuffed with 0 or begins a restart marker. */
function nextMarker(jpeg: Buffer, from: number): number {
  for (let at = jpeg.indexOf(0xff, from); at >= 0; ) {
    const next = jpeg[at + 1];
    if (next !== STUFFED && next !== FILL && !isRestart(next)) return at;
    at = jpeg.indexOf(0xff, at + (next === FILL ? 1 : 2));
  }
  return jpeg.length;
}

function isRestart(marker: number | undefined): boolean {
  return marker !== undefined && marker >= 0xd0 && marker <= 0xd7;
}
