import sharp from 'sharp';
import { thumbHashToDataURL } from 'thumbhash';
import type { ImageFacts } from '../../lambda-src/contract/outcome.ts';
import { readStart } from './run.ts';
import type { OutputFile, Preview, PreviewPicture } from './run-result.ts';

/** Longest side of a preview, in pixels. */
const SIDE = 420;

/** Bytes to read of an original; its metadata comes before its pixels. */
const HEAD_BYTES = 256 * 1024;

/** A processed photo. */
export interface ProcessedPhoto {
  /** Path of the original. */
  readonly path: string;
  readonly image: ImageFacts;
  /** The first rendition, if any. */
  readonly rendition: { readonly bytes: Buffer; readonly format: OutputFile['format'] } | undefined;
}

// No image is decoded twice, so a cache would only use memory.
sharp.cache(false);

/** Returns a preview, or `undefined` if there are enough or it cannot be made. Never fails a run. */
export type Previewer = (photo: ProcessedPhoto) => Promise<Preview | undefined>;

/**
 * Creates the previews in a report, up to its limit. Originals can be hostile and are only decoded in the function's process, so a
 * preview is made from the rendition, or from the placeholder if nothing was rendered.
 */
export function createPreviewer(most: number): Previewer {
  let left = most;
  return async (photo) => (left-- > 0 ? previewOf(photo).catch(() => undefined) : undefined);
}

async function previewOf({ path, image, rendition }: ProcessedPhoto): Promise<Preview> {
  const { width, height, format } = image;
  const picture = rendition === undefined ? placeholder(image) : await shrink(rendition);
  return {
    picture,
    width,
    height,
    format,
    changes: rendition === undefined ? [] : await changesBetween(await readStart(path, HEAD_BYTES), rendition.bytes),
  };
}

async function shrink({ bytes, format }: { bytes: Buffer; format: OutputFile['format'] }): Promise<PreviewPicture> {
  const image = sharp(bytes).resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true });
  // JPEG takes 5 ms and WebP 8, but transparency needs WebP.
  const encoded = format === 'jpeg' ? image.jpeg({ quality: 78, optimiseCoding: false }) : image.webp({ quality: 74, effort: 0 });
  const { data, info } = await encoded.toBuffer({ resolveWithObject: true });
  return { uri: `data:image/${info.format};base64,${data.toString('base64')}`, width: info.width, height: info.height };
}

/** Renders the ThumbHash at the size that the photo would have. */
function placeholder({ width, height, thumbHash }: ImageFacts): PreviewPicture | undefined {
  if (thumbHash === undefined) return undefined;
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const uri = thumbHashToDataURL(Buffer.from(thumbHash, 'base64'));
  return { uri, width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Compares both files, so that only real changes are reported. */
async function changesBetween(original: Buffer, rendition: Buffer): Promise<string[]> {
  const before = traitsOf(original);
  const after = await sharp(rendition).metadata();
  return [
    ...(before.turned && (after.orientation ?? 1) === 1 ? ['turned upright'] : []),
    ...(before.hasLocation && !after.exif ? ['location removed'] : []),
    ...(before.hasCameraData && !after.exif ? ['camera data removed'] : []),
    ...(before.hasForeignProfile && !after.icc ? ['colours converted to sRGB'] : []),
    ...(before.hasAlpha && !after.hasAlpha ? ['transparency filled'] : []),
  ];
}

/** Traits of an original besides its pixels. */
interface PhotoTraits {
  /** Whether its EXIF orientation rotates or mirrors it. */
  readonly turned: boolean;
  readonly hasLocation: boolean;
  readonly hasCameraData: boolean;
  /** Whether it has a colour profile other than sRGB. */
  readonly hasForeignProfile: boolean;
  readonly hasAlpha: boolean;
}

/**
 * Reads the traits of a JPEG or PNG from its first bytes, for captions: nothing is decompressed and no library parses it, because the file
 * can be hostile. Traits that these bytes do not show count as absent, as in all other formats.
 */
function traitsOf(head: Buffer): PhotoTraits {
  const isJpeg = head.readUInt16BE(0) === 0xffd8;
  const { exif, profile } = isJpeg ? jpegMetadata(head) : {};
  return {
    turned: exif !== undefined && ORIENTATION_TAGS.some((tag) => isTurned(exif, tag)),
    hasLocation: exif !== undefined && GPS_TAGS.some((tag) => exif.includes(tag)),
    hasCameraData: exif !== undefined,
    hasForeignProfile: profile !== undefined && !isSrgb(profile),
    hasAlpha: isTransparentPng(head),
  };
}

const APP1 = 0xe1;
const APP2 = 0xe2;
const START_OF_SCAN = 0xda;

/** The segments before the picture (ITU-T T.81, annex B): 0xff, a marker, and a two-byte length that includes itself. */
function jpegMetadata(head: Buffer): { exif?: Buffer; profile?: Buffer } {
  const found: { exif?: Buffer; profile?: Buffer } = {};
  for (let at = 2; at + 4 <= head.length && head[at] === 0xff && head[at + 1] !== START_OF_SCAN; at += 2 + head.readUInt16BE(at + 2)) {
    const segment = head.subarray(at + 4, at + 2 + head.readUInt16BE(at + 2));
    if (head[at + 1] === APP1 && segment.toString('latin1', 0, 4) === 'Exif') found.exif ??= segment;
    if (head[at + 1] === APP2 && segment.toString('latin1', 0, 11) === 'ICC_PROFILE') found.profile ??= segment;
  }
  return found;
}

/** TIFF directory entries up to the value: tag, type (3 is SHORT, 4 is LONG) and count 1, in either byte order. */
const ORIENTATION_TAGS = [Buffer.from('1201030001000000', 'hex'), Buffer.from('0112000300000001', 'hex')];
/** GPSInfo, which points to the GPS block. */
const GPS_TAGS = [Buffer.from('2588040001000000', 'hex'), Buffer.from('8825000400000001', 'hex')];

/** The value is in one of two bytes; the other is 0. */
function isTurned(exif: Buffer, tag: Buffer): boolean {
  const at = exif.indexOf(tag);
  const value = at < 0 ? 1 : Math.max(exif[at + tag.length] ?? 1, exif[at + tag.length + 1] ?? 1);
  return value > 1 && value <= 8;
}

/** Checks the profile's description, which is ASCII in version 2 and UTF-16 in version 4. */
function isSrgb(profile: Buffer): boolean {
  return profile.includes('sRGB') || profile.includes(Buffer.from('\0s\0R\0G\0B', 'latin1'));
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** Position of a PNG's colour type, and its alpha channel bit (https://www.w3.org/TR/png-3/#11IHDR). */
const COLOUR_TYPE_AT = 25;
const ALPHA_BIT = 4;

function isTransparentPng(head: Buffer): boolean {
  return head.subarray(0, 8).equals(PNG_SIGNATURE) && ((head[COLOUR_TYPE_AT] ?? 0) & ALPHA_BIT) !== 0;
}
