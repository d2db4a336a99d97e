import { describe, expect, test } from '@jest/globals';
import { imagesInFlight, wholeVcpus } from '../../../lambda-src/contract/memory.ts';

describe.each([
  { memoryMb: 128, vcpus: 1, images: 1 },
  { memoryMb: 1769, vcpus: 1, images: 1 },
  { memoryMb: 2359, vcpus: 1, images: 2 },
  { memoryMb: 3538, vcpus: 2, images: 3 },
  { memoryMb: 10_240, vcpus: 5, images: 8 },
])('a function with $memoryMb MB', ({ memoryMb, vcpus, images }) => {
  test(`has whole vCPUs: ${vcpus}`, () => {
    expect(wholeVcpus(memoryMb)).toBe(vcpus);
  });

  test(`has images in flight: ${images}`, () => {
    expect(imagesInFlight(memoryMb)).toBe(images);
  });
});
