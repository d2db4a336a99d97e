import { ImageFailure } from '../contract/outcome.ts';

const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
const STUFFED = 0x00;
const FILL = 0xff;

/** Huffman-coded frames that are decoded row by row if they have a single scan: baseline and extended sequential (ITU-T T.81, table B.1). */
const SEQUENTIAL_FRAMES = new Set([0xc0, 0xc1]);

/** Unsupported frames. Cameras do not write them, and libjpeg decodes only the lossless ones with 8 bits. */
const UNSUPPORTED_FRAMES: ReadonlyMap<number, string> = new Map([
  ...[0xc3, 0xcb].map((marker) => [marker, 'a lossless JPEG'] as const),
  ...[0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf].map((marker) => [marker, 'a hierarchical JPEG'] as const),
  [0xf7, 'a JPEG-LS image'],
]);
/** T.81 allows this precision besides 8 bits. */
const UNSUPPORTED_PRECISION = 12;

/**
 * libjpeg reads at most one 64-bit word ahead of the symbol it decodes. Zeros do not form an invalid code, which libvips would report only
 * at some sizes.
 */
const READ_AHEAD = Buffer.alloc(8);

/** Rows that libvips decodes at a time. */
const STRIP_ROWS = 8;

/** Offsets from the marker of a frame header. */
const PRECISION_OFFSET = 4;
const HEIGHT_OFFSET = 5;
const FRAME_BYTES = 7;

/** A frame header. */
interface JpegFrame {
  /** Offset of its marker. */
  readonly at: number;
  /** Marker code, such as 0xc0 for baseline. */
  readonly marker: number;
  /** Bits per sample. */
  readonly precision: number;
  /** In pixels, as stored. */
  readonly height: number;
}

/** Markers of the first image in a JPEG. Anything after it is ignored: phones append videos and second images. */
export interface JpegStructure {
  /** Offset of the end marker; undefined if the file ends before it. */
  readonly end: number | undefined;
  readonly frame: JpegFrame | undefined;
  /** Number of scans that begin. */
  readonly scans: number;
}

/**
 * Checks that a JPEG is complete and of a supported kind, and returns its structure.
 * @throws {ImageFailure} `UnsupportedType` or `Corrupt`
 */
export function admitJpeg(jpeg: Buffer): JpegStructure {
  const structure = readJpegStructure(jpeg);
  const kind = structure.frame && unsupportedKind(structure.frame);
  if (kind !== undefined) throw new ImageFailure('UnsupportedType', `${kind}: save it as a standard JPEG with 8 bits per sample`);
  if (structure.end === undefined) throw new ImageFailure('Corrupt', 'the JPEG ends without an end marker: part of the file is missing');
  return structure;
}

/**
 * Returns the bytes to decode so that libvips notices missing data at every output size.
 *
 * libvips checks for libjpeg's warnings one strip of eight decoded rows late and misses those of the last strip, which is up to 64 rows of
 * the original when the decoder shrinks. But it stops immediately if the file ends without an end marker. This function therefore removes
 * the marker from an image with a single sequential scan: if data is missing, the decoder reaches the end of the file. An image with
 * several scans is decoded completely before the first strip, so libvips sees its warnings.
 * @param shrink factor by which the decoder divides the sides: 1, 2, 4 or 8
 */
export function untilItsEnd(jpeg: Buffer, { end, frame, scans }: JpegStructure, shrink: number): { bytes: Buffer; addedRows: number } {
  if (frame === undefined || scans !== 1 || !SEQUENTIAL_FRAMES.has(frame.marker)) return { bytes: jpeg, addedRows: 0 };
  const bytes = Buffer.concat([jpeg.subarray(0, end), READ_AHEAD]);
  // libvips drops a partial last row of the shrunk image, and does not even decode it if it would begin a strip. Complete it with rows that
  // are in the file anyway, because blocks have 8 or 16 rows. This stretches the image by less than one decoded row, as dropping it does.
  const beyondStrips = frame.height % (STRIP_ROWS * shrink);
  const addedRows = beyondStrips > 0 && beyondStrips < shrink ? shrink - beyondStrips : 0;
  bytes.writeUInt16BE(frame.height + addedRows, frame.at + HEIGHT_OFFSET);
  return { bytes, addedRows };
}

function unsupportedKind({ marker, precision }: JpegFrame): string | undefined {
  return UNSUPPORTED_FRAMES.get(marker) ?? (precision === UNSUPPORTED_PRECISION ? `a JPEG with ${precision} bits per sample` : undefined);
}

/** Reads the markers up to the end marker, and searches the data of the scans only for the next marker. */
export function readJpegStructure(jpeg: Buffer): JpegStructure {
  let frame: JpegFrame | undefined;
  let scans = 0;
  for (let at = nextMarker(jpeg, 2); at < jpeg.length; at = nextMarker(jpeg, at)) {
    const marker = jpeg[at + 1] ?? 0;
    if (marker === END_OF_IMAGE) return { end: at, frame, scans };
    if (marker === START_OF_SCAN) scans += 1;
    else if (isFrame(marker)) frame ??= readFrame(jpeg, at);
    // Skip whole segments: their payload may hold a thumbnail with its own end marker.
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

/** SOF0 to SOF15, without the other markers in that range, and SOF55 of JPEG-LS. */
function isFrame(marker: number): boolean {
  return (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xf7;
}

/** Finds the next marker segment. In the data of a scan, 0xff is followed by a stuffed 0 or belongs to a restart marker. */
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
