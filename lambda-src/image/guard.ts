import type { Metadata } from 'sharp';
import { HELD_BYTES_PER_ALLOWED_PIXEL } from '../contract/memory.ts';
import { ImageFailure } from '../contract/outcome.ts';
import { corrupt } from './damage.ts';
import type { Deadline } from './deadline.ts';
import { heldBytesPerPixel } from './decoder-memory.ts';
import { describeForeignType, detectFileType, type InputFormat, isTiffPreview } from './file-type.ts';
import { type HeicSupport, heicAsTiff } from './heic.ts';
import { admitJpeg, type JpegStructure } from './jpeg-structure.ts';
import { withoutPngText } from './png-text.ts';
import { sharp } from './sharp.ts';
import { isSrgbProfile } from './srgb-profile.ts';

/** Maximum size of an original. */
export interface ImageLimits {
  /** File size, in bytes. */
  readonly maxBytes: number;
  /** Width times height. */
  readonly maxPixels: number;
  /** Width times height of an AVIF, whose decoder holds 26 bytes per pixel. */
  readonly maxAvifPixels: number;
  /** Frames of an animation; absent if none is rendered. */
  readonly maxFrames?: number | undefined;
  /** Width times height times frames of an animation; absent if none is rendered. */
  readonly maxAnimationPixels?: number | undefined;
}

/** The frames of an animated GIF or WebP. */
export interface Animation {
  readonly frames: number;
  /** How long each frame is shown, in milliseconds. */
  readonly delay: number[];
  /** How often it is played; 0 for ever. */
  readonly loop: number;
}

/** Maximum side length, in pixels; JPEG and GIF cannot be larger. PNG and TIFF can, but a decoder holds several whole rows. */
const MAX_SIDE = 65_535;

/** An image that passed the guard. */
export interface AdmittedImage {
  /** The bytes to decode. */
  readonly bytes: Buffer;
  readonly format: InputFormat;
  /** In pixels, as displayed: after the EXIF orientation. */
  readonly width: number;
  /** In pixels, as displayed: after the EXIF orientation. */
  readonly height: number;
  /** How to convert the colours to sRGB. */
  readonly colour: 'as is' | 'convert' | 'convert 16 bits';
  /** JPEG only. */
  readonly jpeg?: JpegStructure | undefined;
  /** Absent if there is only one frame. */
  readonly animation?: Animation | undefined;
}

/**
 * Checks the size, first bytes and header of a file, without decoding a pixel, to decide whether it may be decoded. A HEIC is decoded to a
 * TIFF by its own decoder, which checks the header first.
 * @param heic the decoder for HEIC, if HEIC is accepted
 * @throws {ImageFailure} `Empty`, `TooLarge`, `UnsupportedType`, `UnsupportedHeic`, `TooManyPixels` or `Corrupt`
 */
export async function admitImage(
  bytes: Buffer,
  limits: ImageLimits,
  deadline: Deadline,
  heic: HeicSupport | undefined,
): Promise<AdmittedImage> {
  refuseBySize(bytes.length, limits);
  const format = requireAcceptedType(bytes);
  const jpeg = format === 'jpeg' ? admitJpeg(bytes) : undefined;
  const decodable = await decodableBytes(bytes, format, deadline, heic);
  const header = await readHeader(format, decodable);
  refuseByPixels(format, header, limits);
  const { width, height } = header.autoOrient;
  return { bytes: decodable, format, width, height, colour: colourWork(header), jpeg, animation: animationOf(format, header) };
}

/** An animation that has an EXIF orientation, which libvips cannot apply to frames, counts as its first frame. */
function animationOf(format: InputFormat, { pages = 1, delay = [], loop = 0, orientation = 1 }: Metadata): Animation | undefined {
  const isAnimation = (format === 'gif' || format === 'webp') && pages > 1 && orientation === 1;
  return isAnimation ? { frames: pages, delay, loop } : undefined;
}

function refuseBySize(size: number, { maxBytes }: ImageLimits): void {
  if (size === 0) throw new ImageFailure('Empty', '0 bytes');
  if (size > maxBytes) throw new ImageFailure('TooLarge', `${size} bytes; the limit is ${maxBytes}`);
}

async function decodableBytes(bytes: Buffer, format: InputFormat, { signal }: Deadline, heic: HeicSupport | undefined): Promise<Buffer> {
  if (format === 'png') return withoutPngText(bytes);
  if (format !== 'heic') return bytes;
  if (heic === undefined) throw new ImageFailure('UnsupportedHeic', 'a HEIC or HEIF photo, according to its brand');
  return heicAsTiff(bytes, heic, signal);
}

function requireAcceptedType(bytes: Buffer): InputFormat {
  const type = detectFileType(bytes);
  if (type === 'avif sequence') {
    throw new ImageFailure('UnsupportedType', 'an AVIF image sequence (an animation): save one of its images as AVIF or JPEG');
  }
  if (type === undefined) throw new ImageFailure('UnsupportedType', describeForeignType(bytes));
  if (type === 'tiff' && isTiffPreview(bytes))
    throw new ImageFailure('UnsupportedType', 'a camera raw file: its first TIFF image is a preview');
  return type;
}

async function readHeader(format: InputFormat, bytes: Buffer): Promise<Metadata> {
  try {
    // refuseByPixels checks the pixel limits and reports a code and numbers, so sharp's own limit is off for the header.
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw corrupt(cause, format, bytes, 'header');
  }
}

function refuseByPixels(format: InputFormat, header: Metadata, { maxPixels, maxAvifPixels }: ImageLimits): void {
  const { width, height } = header;
  const pixels = width * height;
  const cap = format === 'avif' ? maxAvifPixels : maxPixels;
  if (pixels > cap) throw new ImageFailure('TooManyPixels', `${width} × ${height} is ${pixels} pixels; the limit is ${cap}`);
  if (Math.max(width, height) > MAX_SIDE) {
    throw new ImageFailure('TooManyPixels', `${width} × ${height} pixels; the limit is ${MAX_SIDE} per side`);
  }
  const held = heldBytesPerPixel(format, header);
  if (pixels * held > maxPixels * HELD_BYTES_PER_ALLOWED_PIXEL) {
    const fewer = Math.floor((maxPixels * HELD_BYTES_PER_ALLOWED_PIXEL) / held);
    const kind = `${format} of this kind (${header.channels} channels, ${header.depth}${header.isProgressive ? ', interlaced' : ''})`;
    throw new ImageFailure('TooManyPixels', `${width} × ${height} is ${pixels} pixels; the limit for a ${kind} is ${fewer}`);
  }
}

function colourWork({ icc, depth }: Metadata): AdmittedImage['colour'] {
  if (icc === undefined || isSrgbProfile(icc)) return 'as is';
  return depth === 'ushort' ? 'convert 16 bits' : 'convert';
}
