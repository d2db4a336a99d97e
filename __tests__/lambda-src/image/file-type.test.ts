import { describe, expect, test } from '@jest/globals';
import { detectFileType } from '../../../lambda-src/image/file-type.ts';
import { makePhoto } from '../../fixtures/photos.ts';

const ftyp = (...brands: readonly string[]): Buffer => {
  const [major = '', ...compatible] = brands;
  const box = Buffer.from(`\0\0\0\0ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1');
  box.writeUInt32BE(box.length);
  return box;
};

describe('the type of a file', () => {
  test.each(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const)('is recognised for a %s', async (format) => {
    expect(detectFileType(await makePhoto({ width: 16, height: 16, format }))).toBe(format);
  });

  test.each([
    ['an old GIF', 'GIF87a'],
    ['a big-endian TIFF', 'MM\0*'],
    ['a BigTIFF', 'II+\0'],
    ['a big-endian BigTIFF', 'MM\0+'],
  ])('is recognised for %s', (_, start) => {
    expect(detectFileType(Buffer.from(`${start} and more`, 'latin1'))).toMatch(/^(gif|tiff)$/);
  });

  test.each([
    ['avif', 'avif', ['avif', 'mif1', 'miaf']],
    ['avif sequence', 'an animated AVIF', ['avis', 'avif', 'msf1']],
    ['avif sequence', 'a general brand before an animated AVIF', ['msf1', 'avis']],
    ['avif', 'an AVIF that also has an animation', ['avif', 'avis']],
    ['avif', 'a general brand before AVIF', ['mif1', 'miaf', 'avif']],
    ['heic', 'an iPhone photo', ['heic', 'mif1', 'heic']],
    ['heic', 'a general brand before HEIC', ['mif1', 'heic']],
    ['heic', 'a burst', ['msf1', 'hevc']],
    [undefined, 'a film', ['isom', 'mp42', 'avc1']],
    [undefined, 'a Canon raw file', ['crx ', 'isom']],
    [undefined, 'a general brand alone', ['mif1']],
  ] as const)('is %s for %s', (type, _, brands) => {
    expect(detectFileType(ftyp(...brands))).toBe(type);
  });

  test('is not read from beyond the first box', () => {
    expect(detectFileType(Buffer.concat([ftyp('isom'), Buffer.from('avif')]))).toBeUndefined();
  });

  test.each([
    ['nothing', ''],
    ['one byte', '\xff'],
    ['half a signature', '\x89PNG'],
    ['a RIFF file of sound', 'RIFF\0\0\0\0WAVEfmt '],
    ['an image type in words', 'image/jpeg'],
    ['a signature that comes late', ' \xff\xd8\xff'],
    ['a box without a length', '\0\0\0\0ftypavif'],
  ])('is unknown for %s', (_, start) => {
    expect(detectFileType(Buffer.from(start, 'latin1'))).toBeUndefined();
  });
});
