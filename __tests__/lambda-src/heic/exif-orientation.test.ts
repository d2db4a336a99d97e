import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { exifOrientation } from '../../../lambda-src/heic/exif-orientation.ts';

/** An Exif item whose TIFF is preceded by the text that JPEG has there. */
async function exifItem(orientation: number): Promise<Buffer> {
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } });
  const { exif } = await sharp(await picture.withMetadata({ orientation }).jpeg().toBuffer()).metadata();
  return Buffer.concat([Buffer.from([0, 0, 0, 6]), exif ?? Buffer.alloc(0)]);
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('the orientation %d is read', async (orientation) => {
  expect(exifOrientation(await exifItem(orientation))).toBe(orientation);
});

test.each([0, 9, 65_535])('the orientation %d, which does not exist, counts as upright', async (orientation) => {
  const item = await exifItem(7);
  const at = item.indexOf(Buffer.from('1201030001000000', 'hex')) + 8;
  item.writeUInt16LE(orientation, at);
  expect(exifOrientation(item)).toBe(1);
});

test('an item that ends anywhere, or leads beyond its end, counts as upright', async () => {
  const item = await exifItem(6);
  const field = item.indexOf(Buffer.from('1201030001000000', 'hex'));
  for (let length = 0; length < field + 12; length += 1) expect(exifOrientation(item.subarray(0, length))).toBe(1);
  expect(exifOrientation(Buffer.concat([Buffer.from('7fffffff', 'hex'), item.subarray(4)]))).toBe(1);
  const beyond = Buffer.from(item);
  beyond.writeUInt32LE(0x7fffffff, 4 + 6 + 4);
  expect(exifOrientation(beyond)).toBe(1);
});
