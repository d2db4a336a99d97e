import type { DecodedHeic } from '../image/heic.ts';
import { type CodedColours, hdrCurve, profileOf } from './colour-profile.ts';
import { exifOrientation } from './exif-orientation.ts';
import { Libheif, LibheifError } from './libheif.ts';
import { emptyTiff } from './tiff.ts';

/** What the thread gets. */
export interface DecoderJob {
  /** The compiled libheif.wasm. */
  readonly module: WebAssembly.Module;
  readonly bytes: Uint8Array;
  /** Width times height of the largest photo. */
  readonly maxPixels: number;
  /** Memory that the decoder may use. */
  readonly maxMemoryBytes: number;
}

/** A failure that has a code of its own. */
class Refusal extends Error {
  readonly code: 'TooManyPixels' | 'UnsupportedHeic';
  constructor(code: 'TooManyPixels' | 'UnsupportedHeic', detail: string) {
    super(detail);
    this.code = code;
  }
}

/** Decodes the primary image of a HEIC file. Thumbnails, gain maps, depth maps and the other images of a burst are not looked at. */
export function decode(job: DecoderJob): DecodedHeic {
  const heif = new Libheif(job.module, job.maxMemoryBytes);
  try {
    return { status: 'decoded', tiff: decodePrimary(heif, job) };
  } catch (error) {
    if (!heif.ranOutOfMemory) return { status: 'failed', ...failureOf(error) };
    const detail = `a HEIC that takes more than ${Math.round(job.maxMemoryBytes / 1e6)} MB to decode`;
    return { status: 'failed', code: 'TooManyPixels', detail };
  }
}

function decodePrimary(heif: Libheif, job: DecoderJob): Buffer {
  const context = openFile(heif, job);
  const handle = pointerFrom(heif, (out) => heif.attempt('heif_context_get_primary_image_handle', context, out));
  refuseBySize(heif, handle, job.maxPixels);
  const colours = codedColours(heif, handle);
  refuseHdr(colours);
  const channels = heif.call('heif_image_handle_has_alpha_channel', handle) ? 4 : 3;
  const image = decodeImage(heif, handle, channels);
  const orientation = hasTransform(heif, context, handle) ? 1 : exifOrientation(exifOf(heif, handle));
  const profile = iccProfile(heif, handle) ?? (colours && profileOf(colours));
  const isPremultiplied = channels === 4 && heif.call('heif_image_handle_is_premultiplied_alpha', handle) !== 0;
  return pixelsAsTiff(heif, image, { channels, orientation, profile, isPremultiplied, maxPixels: job.maxPixels });
}

/** Offsets in `heif_security_limits` (libheif/heif_security.h). */
const LIMITS = { imagePixels: 8, tiles: 16, profileBytes: 32, blockBytes: 40, totalBytes: 64 } as const;
/** A photo of 50 megapixels has about 200 tiles. */
const MAX_TILES = 4096;
/** Camera profiles have a few kilobytes; those with lookup tables have up to one megabyte. */
const MAX_PROFILE_BYTES = 4_000_000;

/** Returns the context of the file, with libheif's own limits set. */
function openFile(heif: Libheif, { bytes, maxPixels, maxMemoryBytes }: DecoderJob): number {
  const context = heif.call('heif_context_alloc');
  const limits = heif.call('heif_context_get_security_limits', context);
  // Images are coded in blocks, so that a coded image can be larger than the picture; refuseBySize is exact.
  heif.view.setBigUint64(limits + LIMITS.imagePixels, BigInt(maxPixels) * 2n, true);
  heif.view.setBigUint64(limits + LIMITS.tiles, BigInt(MAX_TILES), true);
  heif.view.setUint32(limits + LIMITS.profileBytes, MAX_PROFILE_BYTES, true);
  heif.view.setBigUint64(limits + LIMITS.blockBytes, BigInt(maxMemoryBytes), true);
  heif.view.setBigUint64(limits + LIMITS.totalBytes, BigInt(maxMemoryBytes), true);
  const file = heif.allocate(bytes.length);
  heif.bytes.set(bytes, file);
  heif.attempt('heif_context_read_from_memory_without_copy', context, file, bytes.length, 0);
  return context;
}

/** Compares the size in the header, before and after cropping, with the limit, before anything is decoded. */
function refuseBySize(heif: Libheif, handle: number, maxPixels: number): void {
  const sizes = [
    [heif.call('heif_image_handle_get_ispe_width', handle), heif.call('heif_image_handle_get_ispe_height', handle)],
    [heif.call('heif_image_handle_get_width', handle), heif.call('heif_image_handle_get_height', handle)],
  ] as const;
  for (const [width, height] of sizes) refuseAbove(maxPixels, width, height);
}

function refuseAbove(maxPixels: number, width: number, height: number): void {
  if (width * height <= maxPixels) return;
  throw new Refusal('TooManyPixels', `${width} × ${height} is ${width * height} pixels; the limit of a HEIC is ${maxPixels}`);
}

/** Offsets in `heif_decoding_options` (libheif/heif_decoding.h). */
const OPTIONS = { strictDecoding: 21, keepColours: 69 } as const;
const RGB = 1;
const INTERLEAVED = { 3: 10, 4: 11 } as const;

/** Decodes to 8-bit RGB or RGBA, cropped, rotated and mirrored as the file says. */
function decodeImage(heif: Libheif, handle: number, channels: 3 | 4): number {
  const options = heif.call('heif_decoding_options_alloc');
  heif.bytes.set([1], options + OPTIONS.strictDecoding);
  // Otherwise the image would be tagged as sRGB although libheif does not convert it.
  heif.bytes.set([1], options + OPTIONS.keepColours);
  return pointerFrom(heif, (out) => heif.attempt('heif_decode_image', handle, out, RGB, INTERLEAVED[channels], options));
}

/** Offsets in `heif_color_profile_nclx` (libheif/heif_color.h). */
const NCLX = { primaries: 4, transfer: 8, chromaticities: 20 } as const;

/** Reads the colour information of the file, if it has any. */
function codedColours(heif: Libheif, handle: number): CodedColours | undefined {
  try {
    const nclx = pointerFrom(heif, (out) => heif.attempt('heif_image_handle_get_nclx_color_profile', handle, out));
    return {
      primaries: heif.view.getUint32(nclx + NCLX.primaries, true),
      transfer: heif.view.getUint32(nclx + NCLX.transfer, true),
      chromaticities: Array.from({ length: 8 }, (_, index) => heif.view.getFloat32(nclx + NCLX.chromaticities + index * 4, true)),
    };
  } catch (error) {
    if (error instanceof LibheifError && error.code === COLOUR_PROFILE_DOES_NOT_EXIST) return undefined;
    throw error;
  }
}

function refuseHdr(colours: CodedColours | undefined): void {
  const curve = colours && hdrCurve(colours);
  if (curve === undefined) return;
  throw new Refusal('UnsupportedHeic', `a HEIC photo with high dynamic range (${curve}): export it as JPEG or with standard dynamic range`);
}

/** Returns the ICC profile if it is one for RGB. */
function iccProfile(heif: Libheif, handle: number): Buffer | undefined {
  const size = heif.call('heif_image_handle_get_raw_color_profile_size', handle);
  if (size === 0) return undefined;
  const address = heif.allocate(size);
  heif.attempt('heif_image_handle_get_raw_color_profile', handle, address);
  const profile = Buffer.from(heif.bytes.subarray(address, address + size));
  return profile.toString('latin1', 16, 20) === 'RGB ' ? profile : undefined;
}

/** Returns whether the file rotates or mirrors the image by itself. EXIF then only repeats it (ISO/IEC 23008-12, 6.5.10 and 6.5.12). */
function hasTransform(heif: Libheif, context: number, handle: number): boolean {
  const item = heif.call('heif_image_handle_get_item_id', handle);
  return ['irot', 'imir'].some((type) => {
    const code = Buffer.from(type, 'latin1').readUInt32BE(0);
    return heif.call('heif_item_get_properties_of_type', context, item, code, 0, 0) > 0;
  });
}

function exifOf(heif: Libheif, handle: number): Buffer {
  const type = heif.allocate(8);
  heif.bytes.set(Buffer.from('Exif\0'), type);
  const ids = heif.allocate(4);
  if (heif.call('heif_image_handle_get_list_of_metadata_block_IDs', handle, type, ids, 1) === 0) return Buffer.alloc(0);
  const id = heif.view.getUint32(ids, true);
  const size = heif.call('heif_image_handle_get_metadata_size', handle, id);
  const address = heif.allocate(size);
  heif.attempt('heif_image_handle_get_metadata', handle, id, address);
  return Buffer.from(heif.bytes.subarray(address, address + size));
}

const INTERLEAVED_CHANNEL = 10;

interface PixelOptions {
  readonly channels: 3 | 4;
  readonly orientation: number;
  readonly profile: Buffer | undefined;
  /** Whether the colours are multiplied by alpha. */
  readonly isPremultiplied: boolean;
  readonly maxPixels: number;
}

function pixelsAsTiff(heif: Libheif, image: number, { isPremultiplied, maxPixels, ...options }: PixelOptions): Buffer {
  const width = heif.call('heif_image_get_width', image, INTERLEAVED_CHANNEL);
  const height = heif.call('heif_image_get_height', image, INTERLEAVED_CHANNEL);
  // A decoder that was taken over could claim any size.
  refuseAbove(maxPixels, width, height);
  const strideAt = heif.allocate(4);
  const plane = heif.call('heif_image_get_plane_readonly', image, INTERLEAVED_CHANNEL, strideAt);
  const stride = heif.view.getUint32(strideAt, true);
  const { tiff, pixelsAt } = emptyTiff({ width, height, ...options });
  const rowBytes = width * options.channels;
  for (let row = 0; row < height; row += 1) {
    tiff.set(heif.bytes.subarray(plane + row * stride, plane + row * stride + rowBytes), pixelsAt + row * rowBytes);
  }
  if (isPremultiplied) divideByAlpha(tiff.subarray(pixelsAt));
  return tiff;
}

function divideByAlpha(rgba: Buffer): void {
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3] ?? 0;
    if (alpha === 0 || alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel += 1) rgba[channel] = Math.min(255, Math.round(((rgba[channel] ?? 0) * 255) / alpha));
  }
}

/** Runs a function that writes an address to the place it is given, and returns the address. */
function pointerFrom(heif: Libheif, write: (out: number) => void): number {
  const out = heif.allocate(4);
  write(out);
  return heif.view.getUint32(out, true);
}

/** From libheif/heif_error.h. */
const COLOUR_PROFILE_DOES_NOT_EXIST = 10;
const UNSUPPORTED = { fileType: 3, feature: 4 } as const;
/** A limit that was set or, as libheif names it, memory that could not be allocated. */
const SECURITY_LIMIT = 6;
const NO_PRIMARY_IMAGE = 124;
const NO_DECODER = 6003;

/** Messages of libheif can repeat parts of the file. */
const MAX_QUOTED_LENGTH = 200;

function failureOf(error: unknown): Omit<Extract<DecodedHeic, { status: 'failed' }>, 'status'> {
  if (error instanceof Refusal) return { code: error.code, detail: error.message };
  // A trap of the WebAssembly code, such as an access beyond its memory, or too deep a recursion; or an address that is none.
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError)
    return { code: 'Corrupt', detail: `the HEIC makes its decoder fail (${error.message})` };
  if (!(error instanceof LibheifError)) throw error;
  const message = error.message.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_QUOTED_LENGTH);
  if (error.code === SECURITY_LIMIT) return { code: 'TooManyPixels', detail: `a HEIC that exceeds a limit of its decoder (${message})` };
  if (error.subcode === NO_PRIMARY_IMAGE) return { code: 'UnsupportedHeic', detail: 'a HEIC file without a still image, such as a video' };
  if (error.code === UNSUPPORTED.fileType || error.code === UNSUPPORTED.feature || error.subcode === NO_DECODER) {
    return { code: 'UnsupportedHeic', detail: `a HEIC photo of an unsupported kind (decoder: ${message})` };
  }
  return { code: 'Corrupt', detail: `the HEIC is damaged or incomplete (decoder: ${message})` };
}
