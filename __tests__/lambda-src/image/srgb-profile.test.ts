import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import sharp from 'sharp';
import { isSrgbProfile } from '../../../lambda-src/image/srgb-profile.ts';
import { ADOBE_RGB, DISPLAY_P3, SRGB } from '../../fixtures/colour-spaces.ts';
import { iccProfile } from '../../fixtures/icc-profile.ts';
import { makePhoto } from '../../fixtures/photos.ts';

describe('a profile is sRGB', () => {
  test.each([
    ['a parametric curve', 'parametric' as const],
    ['a parametric curve with offsets, as Android writes it', 'parametric with offsets' as const],
    ['a table of 1,024 points, as Hewlett-Packard and Apple write it', { points: 1024 }],
    ['a table of 4,096 points', { points: 4096 }],
    ['a table of 256 points', { points: 256 }],
  ])('with %s', (_, curve) => {
    expect(isSrgbProfile(iccProfile(SRGB, { curve }))).toBe(true);
  });

  test('if libvips wrote it', async () => {
    const { icc } = await sharp(await makePhoto({ profile: 'srgb' })).metadata();
    expect(icc && isSrgbProfile(icc)).toBe(true);
  });
});

describe('a profile is not sRGB', () => {
  test.each([
    ['Display P3, which has the same curve', iccProfile(DISPLAY_P3, { curve: 'parametric' })],
    ['Adobe RGB, which shares two primaries', iccProfile(ADOBE_RGB, { curve: { gamma: 563 / 256 } })],
    ['a plain gamma of 2.2 with the primaries of sRGB', iccProfile(SRGB, { curve: { gamma: 2.2 } })],
    ['the curve of sRGB in too few points', iccProfile(SRGB, { curve: { points: 26 } })],
    [
      'a lookup table in addition to the right colorants',
      iccProfile(SRGB, { curve: 'parametric', extraTags: { A2B0: Buffer.from('mft2') } }),
    ],
    ['grey', iccProfile(SRGB, { curve: 'parametric', dataSpace: 'GRAY' })],
    ['sRGB in name only', iccProfile(DISPLAY_P3, { curve: 'parametric', description: 'sRGB IEC61966-2.1' })],
    ['nothing', Buffer.alloc(0)],
    ['only a header', iccProfile(SRGB, { curve: 'parametric' }).subarray(0, 132)],
    ['the right tags among a hundred others', iccProfile(SRGB, { curve: 'parametric', extraTags: otherTags(100) })],
    ['four billion tags', withTagCount(0xffffffff)],
    ['no tags', withTagCount(0)],
  ])('if it is %s', (_, profile) => {
    expect(isSrgbProfile(profile)).toBe(false);
  });

  test('or if its curve gives NaN anywhere', () => {
    const profile = iccProfile(SRGB, { curve: 'parametric' });
    for (let at = profile.indexOf('para'); at >= 0; at = profile.indexOf('para', at + 4)) profile.writeInt32BE(-65536, at + 16);
    expect(isSrgbProfile(profile)).toBe(false);
  });

  test.each([
    ['formula', 'parametric with offsets' as const],
    ['table', { points: 256 }],
  ])('or if it is truncated before the end of a curve that is a %s', (_, curve) => {
    const profile = iccProfile(SRGB, { curve });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: profile.length - 1 }), (length) => {
        expect(isSrgbProfile(profile.subarray(0, length))).toBe(false);
      }),
    );
  });
});

test('any bytes in a profile can be checked without an error', () => {
  const profile = iccProfile(SRGB, { curve: 'parametric' });
  fc.assert(
    fc.property(fc.integer({ min: 128, max: profile.length - 4 }), fc.uint8Array({ minLength: 4, maxLength: 4 }), (at, bytes) => {
      const changed = Buffer.from(profile);
      changed.set(bytes, at);
      expect(typeof isSrgbProfile(changed)).toBe('boolean');
    }),
  );
});

function withTagCount(count: number): Buffer {
  const profile = iccProfile(SRGB, { curve: 'parametric' });
  profile.writeUInt32BE(count, 128);
  return profile;
}

function otherTags(count: number): Record<string, Buffer> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${String(index).padStart(3, '0')}`, Buffer.alloc(4)]));
}
