import { describe, expect, test } from '@jest/globals';
import { hdrCurve, profileOf } from '../../../lambda-src/heic/colour-profile.ts';
import { colorants, DISPLAY_P3, SRGB } from '../../fixtures/colour-spaces.ts';

const D65 = [0.3127, 0.329];
const P3 = { primaries: 12, transfer: 13, chromaticities: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, ...D65] };
const BT709 = [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, ...D65];

/** Reads the XYZ values of a tag. */
function tagOf(profile: Buffer, name: string): number[] {
  const entry = profile.indexOf(Buffer.from(name), 132);
  const at = profile.readUInt32BE(entry + 4);
  return [8, 12, 16].map((offset) => profile.readInt32BE(at + offset) / 65_536);
}

describe('the profile of numbered primaries', () => {
  test.each([
    ['Display P3', P3, DISPLAY_P3],
    ['primaries like those of sRGB', { ...P3, primaries: 99, chromaticities: BT709 }, SRGB],
  ])('has the colorants of %s', (_name, colours, expected) => {
    const profile = profileOf(colours) ?? Buffer.alloc(0);
    const values = ['rXYZ', 'gXYZ', 'bXYZ'].flatMap((name) => tagOf(profile, name));
    const reference = colorants(expected).flat();
    expect(values.every((value, index) => Math.abs(value - (reference[index] ?? 9)) < 0.0005)).toBe(true);
  });

  test.each([1, 2, 5, 6, 7, 22])('is none for the primaries %d, which are shown as sRGB', (primaries) => {
    expect(profileOf({ ...P3, primaries })).toBeUndefined();
  });

  test('is none for primaries that do not span a triangle', () => {
    expect(profileOf({ ...P3, chromaticities: [0, 0, 0, 0, 0, 0, 0, 0] })).toBeUndefined();
    expect(profileOf({ ...P3, chromaticities: [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, ...D65] })).toBeUndefined();
    expect(profileOf({ ...P3, chromaticities: [Number.NaN, ...P3.chromaticities.slice(1)] })).toBeUndefined();
  });
});

test('PQ and HLG are curves of high dynamic range', () => {
  expect([1, 13, 16, 18].map((transfer) => hdrCurve({ ...P3, transfer }))).toEqual([undefined, undefined, 'PQ', 'HLG']);
});
