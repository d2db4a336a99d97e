import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isTiffPreview } from '../../../lambda-src/image/tiff-preview.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { blackTiff } from '../../fixtures/tiff-file.ts';

const SHAPE = { width: 160, height: 120, samples: 3, depth: 8 } as const;

describe('a TIFF', () => {
  test('is a preview if it says so, as those in camera raw files do', () => {
    expect(isTiffPreview(blackTiff({ ...SHAPE, preview: true }))).toBe(true);
  });

  test('is a preview in big-endian order, too', () => {
    const tiff = Buffer.from('4d4d002a00000008' + '0001' + '00fe00040000000100000001' + '00000000', 'hex');
    expect(isTiffPreview(tiff)).toBe(true);
  });

  test('is a picture if it says so or says nothing', async () => {
    expect(isTiffPreview(blackTiff(SHAPE))).toBe(false);
    expect(isTiffPreview(await makePhoto({ width: 16, height: 16, format: 'tiff' }))).toBe(false);
  });

  test('is no preview if its directory ends before it says so', () => {
    expect(isTiffPreview(Buffer.from('49492a0008000000' + 'ff00' + '000104000100000010000000', 'hex'))).toBe(false);
  });

  test('is no preview if it is cut off or holds anything whatever', () => {
    const tiff = blackTiff({ ...SHAPE, preview: true });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), (length) => {
        expect(isTiffPreview(tiff.subarray(0, length))).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(typeof isTiffPreview(Buffer.concat([Buffer.from('II*\0'), bytes]))).toBe('boolean');
      }),
    );
  });
});
