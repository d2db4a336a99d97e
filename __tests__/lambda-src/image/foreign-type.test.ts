import { describe, expect, test } from '@jest/globals';
import { describeForeignType } from '../../../lambda-src/image/foreign-type.ts';

describe('a file that is no accepted image is named', () => {
  test.each([
    ['a PDF document', '%PDF-1.7'],
    ['a ZIP archive or an Office document', 'PK\x03\x04'],
    ['a gzip archive', '\x1f\x8b\x08'],
    ['a bitmap (BMP)', 'BM\x46\0\0\0'],
    ['a JPEG XL image', '\xff\x0a'],
    ['a RIFF file, such as sound or a film', 'RIFF\0\0\0\0WAVEfmt '],
    ['a film or another media file of the brand "isom"', '\0\0\0\x18ftypisom'],
    ['a film or another media file of the brand "qt"', '\0\0\0\x18ftypqt  '],
    ['an SVG drawing', '\xef\xbb\xbf\n <?xml version="1.0"?><svg/>'],
    ['a web page', '<!DOCTYPE html><p>'],
    ['an XML document', '<?xml version="1.0"?><feed/>'],
    ['a script', '#!/bin/sh\nid\n'],
    ['a text file', 'Dear all,\r\n\tsee you'],
    ['a text file', 'na\xc3\xafve'],
    ['a file of unknown type', '\x00\x01\x02\x03'],
    ['a file of unknown type', 'text and \x00'],
  ])('%s', (name, start) => {
    expect(describeForeignType(Buffer.from(start, 'latin1'))).toMatch(
      new RegExp(`^${name.replaceAll(/[().]/g, '\\$&')} \\(it begins with`),
    );
  });

  test('even if a character is cut in two where the inspection ends', () => {
    expect(describeForeignType(Buffer.from(`a${'é'.repeat(400)}`))).toMatch(/^a text file/);
  });

  test('with its first twelve bytes', () => {
    expect(describeForeignType(Buffer.from('%PDF-1.7 and more'))).toBe('a PDF document (it begins with 255044462d312e3720616e64)');
  });
});
