import { afterEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { configureSharp } from '../../../lambda-src/image/sharp.ts';
import './rendering.ts'; // Unblocks the loaders at the end. Photos of the fixtures must not be made here: they unblock the SVG loader.

describe('sharp in the function', () => {
  const before = sharp.concurrency();
  afterEach(() => {
    sharp.concurrency(before);
    sharp.cache(true);
  });

  test.each([
    [512, 1],
    [1769, 1],
    [3537, 1],
    [3538, 2],
    [10_240, 5],
  ])('uses, with %d MB of memory, %d threads', (memoryMb, threads) => {
    configureSharp(memoryMb);
    expect(sharp.concurrency()).toBe(threads);
  });

  test('caches nothing between images', () => {
    configureSharp(1024);
    expect(sharp.cache()).toMatchObject({ memory: { max: 0 }, items: { max: 0 }, files: { max: 0 } });
  });
});

describe('libvips in this process', () => {
  test.each([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'],
    ['a matrix', '2 2\n1 2\n3 4\n'],
  ])('does not open %s, even on request', async (_, text) => {
    await expect(sharp(Buffer.from(text)).metadata()).rejects.toThrow(/unsupported image format/);
  });

  test('does not open files by path', async () => {
    await expect(sharp('package.json').metadata()).rejects.toThrow(/unsupported image format/);
  });
});
