import sharp from 'sharp';
import { makePhoto } from '../fixtures/photos.ts';

/** A photo that is 900 × 1200 when upright, stored sideways, with camera data and GPS position. */
export function cameraPhoto(seed = 1): Promise<Buffer> {
  return makePhoto({ width: 1200, height: 900, orientation: 6, gps: true, seed });
}

export function smallPhoto(seed = 1): Promise<Buffer> {
  return makePhoto({ width: 320, height: 240, seed });
}

/** A photo whose upload stopped halfway. */
export async function brokenPhoto(): Promise<Buffer> {
  const photo = await smallPhoto();
  return photo.subarray(0, photo.length / 2);
}

/** Returns the size and format of an image, and whether it contains any camera data. */
export async function factsOf(image: Buffer): Promise<{ format: string; width: number; height: number; traces: string[] }> {
  const { format, width, height } = await sharp(image).metadata();
  const traces = ['Exif', 'Camera of the tests', 'http://ns.adobe.com/xap'].filter((trace) => image.includes(trace));
  return { format, width, height, traces };
}

/** Returns the colour of the pixel in the top right corner. */
export async function topRightPixel(image: Buffer): Promise<number[]> {
  const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
  const offset = (info.width - 1) * info.channels;
  return [...data.subarray(offset, offset + info.channels)];
}
