import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { endsWithinFrame } from '../../../lambda-src/image/gif-structure.ts';
import { makePhoto } from '../../fixtures/photos.ts';

async function film(): Promise<Buffer> {
  const frames = await Promise.all([1, 2, 3].map((seed) => makePhoto({ width: 40, height: 30, seed, format: 'png' })));
  return sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
}

test('a whole GIF ends after a frame, also without its trailer or with bytes after it', async () => {
  const whole = await film();
  expect(whole.at(-1)).toBe(0x3b);
  expect([whole, whole.subarray(0, -1), Buffer.concat([whole, Buffer.from('more')])].map(endsWithinFrame)).toEqual([false, false, false]);
});

test('a GIF that is cut anywhere else but between two blocks ends within one', async () => {
  const whole = await film();
  const complete = Array.from({ length: whole.length }, (_, length) => length).filter(
    (length) => !endsWithinFrame(whole.subarray(0, length)),
  );
  // Cuts between blocks: after the colour table, the loop, and every frame and its timing.
  expect(complete.length).toBeLessThan(12);
  expect(complete).toContain(whole.length - 1);
});

test('a block of an unknown kind ends the search', () => {
  expect(endsWithinFrame(Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(7), Buffer.from([0x99, 0x01])]))).toBe(false);
});
