import type { Metadata } from 'sharp';
import { HELD_BYTES_PER_ALLOWED_PIXEL } from '../contract/memory.ts';
import { ImageFailure } from '../contract/outcome.ts';
import { sharp } from './confined-sharp.ts';
import { corrupt } from './corrupt.ts';
import { heldBytesPerPixel } from './decoder-memory.ts';
import { detectFileType, type InputFormat } from './file-type.ts';
import { describeForeignType } from './foreign-type.ts';
import { admitJpeg, type JpegStructure } from './jpeg-structure.ts';
import { withoutPngText } from './png-text.ts';
import { isSrgbProfile } from './srgb-profile.ts';
import { isTiffPreview } from './tiff-preview.ts';

/** What an original may have at most. */
export interface ImageLimits {
  /** Size of the file, in bytes. */
  readonly maxBytes: number;
  /** Width times height. */
  readonly maxPixels: number;
  /** Width times height of an AVIF, whose decoder holds 26 bytes per pixel. */
  readonly maxAvifPixels: number;
}

/** The longest side of a JPEG or GIF, in pixels. PNG and TIFF can be wider, and a decoder holds several whole rows. */
const MAX_SIDE = 65_535;

/** An image that may be decoded. */
export interface AdmittedImage {
  /** What the decoder is to be given. */
  readonly bytes: Buffer;
  readonly format: InputFormat;
  /** In pixels, as displayed: after the EXIF orientation. */
  readonly width: number;
  /** In pixels, as displayed: after the EXIF orientation. */
  readonly height: number;
  /** What is to be done about the colours to make them sRGB. */
  readonly colour: 'as is' | 'convert' | 'convert 16 bits';
  /** Of a JPEG. */
  readonly jpeg?: JpegStructure | undefined;
}

/**
 * Decides whether a file may be decoded, from its size, its first bytes and its header; no pixel is decoded.
 * @throws {ImageFailure} `Empty`, `TooLarge`, `UnsupportedType`, `UnsupportedHeic`, `TooManyPixels` or `Corrupt`
 */
export async function admitImage(bytes: Buffer, limits: ImageLimits): Promise<AdmittedImage> {
  refuseBySize(bytes.length, limits);
  const format = requireAcceptedType(bytes);
  const jpeg = format === 'jpeg' ? admitJpeg(bytes) : undefined;
  const decodable = format === 'png' ? withoutPngText(bytes) : bytes;
  const header = await readHeader(format, decodable);
  refuseByPixels(format, header, limits);
  const { width, height } = header.autoOrient;
  return { bytes: decodable, format, width, height, colour: colourWork(header), jpeg };
}

function refuseBySize(size: number, { maxBytes }: ImageLimits): void {
  if (size === 0) throw new ImageFailure('Empty', '0 bytes');
  if (size > maxBytes) throw new ImageFailure('TooLarge', `${size} bytes, at most ${maxBytes} are accepted`);
}

function requireAcceptedType(bytes: Buffer): InputFormat {
  const type = detectFileType(bytes);
  if (type === 'avif sequence') {
    throw new ImageFailure('UnsupportedType', 'an AVIF image sequence, which is an animation: save one picture of it as AVIF or JPEG');
  }
  if (type === 'heic') throw new ImageFailure('UnsupportedHeic', 'a HEIC or HEIF photo by its brand');
  if (type === undefined) throw new ImageFailure('UnsupportedType', describeForeignType(bytes));
  if (type === 'tiff' && isTiffPreview(bytes)) throw new ImageFailure('UnsupportedType', 'a camera raw file: its TIFF is a preview');
  return type;
}

async function readHeader(format: InputFormat, bytes: Buffer): Promise<Metadata> {
  try {
    // The pixel caps are checked here, with a code and numbers; sharp's own limit is for the decoder.
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw corrupt(cause, format, bytes, 'header');
  }
}

function refuseByPixels(format: InputFormat, header: Metadata, { maxPixels, maxAvifPixels }: ImageLimits): void {
  const { width, height } = header;
  const pixels = width * height;
  const cap = format === 'avif' ? maxAvifPixels : maxPixels;
  if (pixels > cap) throw new ImageFailure('TooManyPixels', `${width} × ${height} is ${pixels} pixels, at most ${cap} are accepted`);
  if (Math.max(width, height) > MAX_SIDE) {
    throw new ImageFailure('TooManyPixels', `${width} × ${height} pixels, at most ${MAX_SIDE} a side are accepted`);
  }
  const held = heldBytesPerPixel(format, header);
  if (pixels * held > maxPixels * HELD_BYTES_PER_ALLOWED_PIXEL) {
    const fewer = Math.floor((maxPixels * HELD_BYTES_PER_ALLOWED_PIXEL) / held);
    const kind = `${format} of this kind (${header.channels} channels, ${header.depth}${header.isProgressive ? ', interlaced' : ''})`;
    throw new ImageFailure('TooManyPixels', `${width} × ${height} is ${pixels} pixels, at most ${fewer} are accepted of a ${kind}`);
  }
}

function colourWork({ icc, depth }: Metadata): AdmittedImage['colour'] {
  if (icc === undefined || isSrgbProfile(icc)) return 'as is';
  return depth === 'ushort' ? 'convert 16 bits' : 'convert';
}
