import { open } from 'node:fs/promises';
import sharp from 'sharp';
import { thumbHashToDataURL } from 'thumbhash';
import type { ImageFacts } from '../../lambda-src/contract/outcome.ts';
import { traitsOf } from './photo-traits.ts';
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

/**
 * Creates the previews in a report, up to its limit. Originals can be hostile and are only decoded in the function's process, so a
 * preview is made from the rendition, or from the placeholder if nothing was rendered.
 */
export class Previewer {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  /** Returns a preview, or `undefined` if there are enough or it cannot be made. Never fails a run. */
  async preview(photo: ProcessedPhoto): Promise<Preview | undefined> {
    if (this.#left === 0) return undefined;
    this.#left--;
    return previewOf(photo).catch(() => undefined);
  }
}

async function previewOf({ path, image, rendition }: ProcessedPhoto): Promise<Preview> {
  const { width, height, format } = image;
  const picture = rendition === undefined ? placeholder(image) : await shrink(rendition);
  return {
    picture,
    width,
    height,
    format,
    changes: rendition === undefined ? [] : await changesBetween(await headOf(path), rendition.bytes),
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

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
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
