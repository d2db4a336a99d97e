import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { emptyTiff, type TiffPicture } from '../../../lambda-src/heic/tiff.ts';
import { DISPLAY_P3 } from '../../fixtures/colour-spaces.ts';
import { iccProfile } from '../../fixtures/icc-profile.ts';
import { paintPhoto } from '../../fixtures/photos.ts';

const PROFILE = iccProfile(DISPLAY_P3, { curve: 'parametric' });

/** A picture of more than one strip, and a number of rows that strips do not divide. */
async function tiffOf(changes: Partial<TiffPicture> = {}): Promise<{ file: Buffer; pixels: Buffer }> {
  const { data, width, height } = await paintPhoto(101, 150);
  const { tiff, pixelsAt } = emptyTiff({ width, height, channels: 3, orientation: 1, profile: undefined, ...changes });
  data.copy(tiff, pixelsAt);
  return { file: tiff, pixels: data };
}

describe('a TIFF made of pixels', () => {
  test('has exactly these pixels, without a warning', async () => {
    const { file, pixels } = await tiffOf();
    const { data, info } = await sharp(file, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 101, height: 150, channels: 3 });
    expect(data.equals(pixels)).toBe(true);
  });

  test('has an orientation', async () => {
    const { file } = await tiffOf({ orientation: 6 });
    expect(await sharp(file).metadata()).toMatchObject({ orientation: 6, autoOrient: { width: 150, height: 101 } });
  });

  test.each([
    ['of an even length', PROFILE],
    ['of an odd length', Buffer.concat([PROFILE, Buffer.alloc(1)])],
  ])('has a colour profile %s', async (_length, profile) => {
    const { file, pixels } = await tiffOf({ profile });
    expect((await sharp(file).metadata()).icc?.equals(profile)).toBe(true);
    expect((await sharp(file, { ignoreIcc: true, failOn: 'warning' }).raw().toBuffer()).equals(pixels)).toBe(true);
  });

  test('has alpha that the colours are not multiplied by', async () => {
    const { tiff, pixelsAt } = emptyTiff({ width: 2, height: 1, channels: 4, orientation: 1, profile: undefined });
    tiff.set([200, 100, 50, 128, 10, 20, 30, 0], pixelsAt);
    expect([...(await sharp(tiff).raw().toBuffer())]).toEqual([200, 100, 50, 128, 10, 20, 30, 0]);
  });
});
