import sharp from 'sharp';
import { makePhoto } from '../fixtures/photos.ts';

/** Upright it is 900 wide and 1200 high; the camera lay on its side and knew where it was. */
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

/** Size and format of an image, and whether anything is left of what its camera wrote into it. */
export async function factsOf(image: Buffer): Promise<{ format: string; width: number; height: number; traces: string[] }> {
  const { format, width, height } = await sharp(image).metadata();
  const traces = ['Exif', 'Camera of the tests', 'http://ns.adobe.com/xap'].filter((trace) => image.includes(trace));
  return { format, width, height, traces };
}

/** The colour of the pixel in the top right corner. */
export async function topRightPixel(image: Buffer): Promise<number[]> {
  const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
  const offset = (info.width - 1) * info.channels;
  return [...data.subarray(offset, offset + info.channels)];
}
