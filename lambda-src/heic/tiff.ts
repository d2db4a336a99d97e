/** Pixels to write as a TIFF. */
export interface TiffPicture {
  readonly width: number;
  readonly height: number;
  /** RGB, or RGBA with the colours not multiplied by alpha; 8 bits each. */
  readonly channels: 3 | 4;
  /** EXIF orientation, 1–8, still to be applied. */
  readonly orientation: number;
  /** ICC profile of the pixels; undefined for sRGB. */
  readonly profile: Uint8Array | undefined;
}

/** Type numbers and sizes of TIFF 6.0. */
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const ENTRY_BYTES = 12;
const HEADER_BYTES = 8;

const STRIP_ROWS = 64;

/** A field of the directory; values of more than four bytes are stored behind it. */
interface Field {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly content: Buffer;
}

/**
 * Makes an uncompressed TIFF (https://www.adobe.io/open/standards/TIFF.html) around pixels that are still to be copied in, row by row from
 * `pixelsAt`. A TIFF can carry a colour profile and an orientation, which raw pixels cannot.
 */
export function emptyTiff(picture: TiffPicture): { readonly tiff: Buffer<ArrayBuffer>; readonly pixelsAt: number } {
  const fieldsAt = (pixelsAt: number): Field[] => fieldsOf(picture, pixelsAt);
  const draft = fieldsAt(0);
  const directoryBytes = 2 + draft.length * ENTRY_BYTES + 4;
  const outside = draft.filter(({ content }) => content.length > 4).reduce((sum, { content }) => sum + even(content.length), 0);
  const pixelsAt = HEADER_BYTES + directoryBytes + outside;
  const tiff = Buffer.alloc(pixelsAt + picture.width * picture.height * picture.channels);
  tiff.write('II*\0', 'latin1');
  tiff.writeUInt32LE(HEADER_BYTES, 4);
  writeDirectory(tiff, fieldsAt(pixelsAt), HEADER_BYTES + directoryBytes);
  return { tiff, pixelsAt };
}

function writeDirectory(tiff: Buffer, fields: readonly Field[], contentsAt: number): void {
  tiff.writeUInt16LE(fields.length, HEADER_BYTES);
  let at = HEADER_BYTES + 2;
  let free = contentsAt;
  for (const { tag, type, count, content } of fields) {
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(count, at + 4);
    if (content.length > 4) {
      tiff.writeUInt32LE(free, at + 8);
      content.copy(tiff, free);
      free += even(content.length);
    } else content.copy(tiff, at + 8);
    at += ENTRY_BYTES;
  }
}

/** The fields of an RGB image (TIFF 6.0, section 6) in the order of their tags, with the ICC profile (ICC.1:2004, annex B.4). */
function fieldsOf({ width, height, channels, orientation, profile }: TiffPicture, pixelsAt: number): Field[] {
  const rowBytes = width * channels;
  const strips = Math.ceil(height / STRIP_ROWS);
  const rowsIn = (strip: number): number => Math.min(STRIP_ROWS, height - strip * STRIP_ROWS);
  const each = (value: (strip: number) => number): number[] => Array.from({ length: strips }, (_, strip) => value(strip));
  return [
    longs(256, [width]),
    longs(257, [height]),
    shorts(258, new Array<number>(channels).fill(8)),
    shorts(259, [1]),
    shorts(262, [2]),
    longs(
      273,
      each((strip) => pixelsAt + strip * STRIP_ROWS * rowBytes),
    ),
    shorts(274, [orientation]),
    shorts(277, [channels]),
    longs(278, [STRIP_ROWS]),
    longs(
      279,
      each((strip) => rowsIn(strip) * rowBytes),
    ),
    shorts(284, [1]),
    ...(channels === 4 ? [shorts(338, [2])] : []),
    ...(profile === undefined ? [] : [{ tag: 34_675, type: UNDEFINED, count: profile.length, content: Buffer.from(profile) }]),
  ];
}

function shorts(tag: number, values: readonly number[]): Field {
  const content = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) content.writeUInt16LE(value, index * 2);
  return { tag, type: SHORT, count: values.length, content };
}

function longs(tag: number, values: readonly number[]): Field {
  const content = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) content.writeUInt32LE(value, index * 4);
  return { tag, type: LONG, count: values.length, content };
}

function even(length: number): number {
  return length + (length % 2);
}
