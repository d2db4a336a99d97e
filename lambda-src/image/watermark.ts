import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { OverlayOptions } from 'sharp';
import type { Watermark } from '../contract/recipe.ts';
import type { Size } from './rendition-size.ts';
import { sharp } from './sharp.ts';

/** Where the picture is on the canvas of a rendition, in pixels. */
interface Place extends Size {
  readonly left: number;
  readonly top: number;
}

/** The watermark is part of the deployment, so it is read once. */
let reading: { readonly path: string; readonly bytes: Promise<Buffer> } | undefined;

/**
 * Scales the watermark for a picture and places it there.
 * @throws if the file is missing or another than at synthesis, which is a fault of the deployment
 */
export async function watermarkOn(picture: Place, watermark: Watermark): Promise<OverlayOptions> {
  const { gravity, opacity, scale } = watermark;
  const box = { width: Math.max(1, Math.round(picture.width * scale)), height: picture.height };
  const { data, info } = await sharp(await bytesOf(watermark))
    .resize({ ...box, fit: 'inside' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  for (let alpha = 3; alpha < data.length; alpha += 4) data[alpha] = Math.round((data[alpha] ?? 0) * opacity);
  const [across, down] = [picture.width - info.width, picture.height - info.height];
  return {
    input: data,
    raw: { width: info.width, height: info.height, channels: 4 },
    left: picture.left + (gravity.endsWith('west') ? 0 : gravity.endsWith('east') ? across : Math.floor(across / 2)),
    top: picture.top + (gravity.startsWith('north') ? 0 : gravity.startsWith('south') ? down : Math.floor(down / 2)),
  };
}

function bytesOf({ file, digest }: Watermark): Promise<Buffer> {
  if (reading?.path !== file) {
    const bytes = readWatermark(file, digest);
    reading = { path: file, bytes };
    // A retry reads it again.
    bytes.catch(() => {
      reading = undefined;
    });
  }
  return reading.bytes;
}

async function readWatermark(file: string, digest: string | undefined): Promise<Buffer> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Error(`The watermark ${file} cannot be read. Deploy the synthesized stack again; it contains it as a layer.`, { cause });
  });
  if (createHash('sha256').update(bytes).digest('hex').slice(0, 32) !== digest) {
    throw new Error(`The watermark ${file} is not the one that the settings name. Deploy the synthesized stack again.`);
  }
  return bytes;
}
