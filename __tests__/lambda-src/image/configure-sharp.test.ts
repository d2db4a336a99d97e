import { afterEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { configureSharp } from '../../../lambda-src/image/configure-sharp.ts';
import './rendering.ts'; // Opens the loaders again at the end.

describe('sharp in a function', () => {
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
  ])('of %d MB works with %d threads', (memoryMb, threads) => {
    configureSharp(memoryMb);
    expect(sharp.concurrency()).toBe(threads);
  });

  test('keeps nothing of one image for the next', () => {
    configureSharp(1024);
    expect(sharp.cache()).toMatchObject({ memory: { max: 0 }, items: { max: 0 }, files: { max: 0 } });
  });
});
