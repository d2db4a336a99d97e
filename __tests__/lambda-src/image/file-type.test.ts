import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeForeignType, detectFileType, isTiffPreview } from '../../../lambda-src/image/file-type.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { blackTiff } from '../../fixtures/tiff-file.ts';

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
    [undefined, 'a video', ['isom', 'mp42', 'avc1']],
    [undefined, 'a Canon raw file', ['crx ', 'isom']],
    [undefined, 'a general brand alone', ['mif1']],
  ] as const)('is %s for %s', (type, _, brands) => {
    expect(detectFileType(ftyp(...brands))).toBe(type);
  });

  test('is not read beyond the first box', () => {
    expect(detectFileType(Buffer.concat([ftyp('isom'), Buffer.from('avif')]))).toBeUndefined();
  });

  test.each([
    ['nothing', ''],
    ['one byte', '\xff'],
    ['half a signature', '\x89PNG'],
    ['a RIFF audio file', 'RIFF\0\0\0\0WAVEfmt '],
    ['a media type as text', 'image/jpeg'],
    ['a signature that is not at the start', ' \xff\xd8\xff'],
    ['a box without a length', '\0\0\0\0ftypavif'],
  ])('is unknown for %s', (_, start) => {
    expect(detectFileType(Buffer.from(start, 'latin1'))).toBeUndefined();
  });
});

const SHAPE = { width: 160, height: 120, samples: 3, depth: 8 } as const;

describe('a TIFF', () => {
  test('is a preview if it is marked as one, as in camera raw files', () => {
    expect(isTiffPreview(blackTiff({ ...SHAPE, preview: true }))).toBe(true);
  });

  test('can be a preview in big-endian order, too', () => {
    const tiff = Buffer.from('4d4d002a00000008' + '0001' + '00fe00040000000100000001' + '00000000', 'hex');
    expect(isTiffPreview(tiff)).toBe(true);
  });

  test('is a full image if it is marked as one or not marked', async () => {
    expect(isTiffPreview(blackTiff(SHAPE))).toBe(false);
    expect(isTiffPreview(await makePhoto({ width: 16, height: 16, format: 'tiff' }))).toBe(false);
  });

  test('is not a preview if its directory ends before the mark', () => {
    expect(isTiffPreview(Buffer.from('49492a0008000000' + 'ff00' + '000104000100000010000000', 'hex'))).toBe(false);
  });

  test('can be truncated or hold any bytes without an error', () => {
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

describe('the description of a file that is not an accepted image', () => {
  test.each([
    ['a PDF document', '%PDF-1.7'],
    ['a ZIP archive or an Office document', 'PK\x03\x04'],
    ['a gzip archive', '\x1f\x8b\x08'],
    ['a bitmap (BMP)', 'BM\x46\0\0\0'],
    ['a JPEG XL image', '\xff\x0a'],
    ['a RIFF file, such as audio or video', 'RIFF\0\0\0\0WAVEfmt '],
    ['a video or another media file of the brand "isom"', '\0\0\0\x18ftypisom'],
    ['a video or another media file of the brand "qt"', '\0\0\0\x18ftypqt  '],
    ['an SVG drawing', '\xef\xbb\xbf\n <?xml version="1.0"?><svg/>'],
    ['a web page', '<!DOCTYPE html><p>'],
    ['an XML document', '<?xml version="1.0"?><feed/>'],
    ['a script', '#!/bin/sh\nid\n'],
    ['a text file', 'Dear all,\r\n\tsee you'],
    ['a text file', 'na\xc3\xafve'],
    ['a file of unknown type', '\x00\x01\x02\x03'],
    ['a file of unknown type', 'text and \x00'],
  ])('begins with: %s', (name, start) => {
    expect(describeForeignType(Buffer.from(start, 'latin1'))).toMatch(
      new RegExp(`^${name.replaceAll(/[().]/g, '\\$&')} \\(it begins with`),
    );
  });

  test('recognises text even if the inspected part ends inside a character', () => {
    expect(describeForeignType(Buffer.from(`a${'é'.repeat(400)}`))).toMatch(/^a text file/);
  });

  test('quotes its first twelve bytes', () => {
    expect(describeForeignType(Buffer.from('%PDF-1.7 and more'))).toBe('a PDF document (it begins with 255044462d312e3720616e64)');
  });
});
