import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withoutPngText } from '../../../lambda-src/image/png-text.ts';
import { blackPng, compressedText, pngChunk, withPngChunks } from '../../fixtures/png-chunks.ts';

const PNG = blackPng({ width: 8, height: 8, colour: 'rgb', depth: 8, interlaced: false });
const text = (type: string): Buffer => pngChunk(type, Buffer.from('Comment\0of no use'));
const physicalSize = pngChunk('pHYs', Buffer.alloc(9));

describe('a PNG without its text', () => {
  test('is the same buffer if there is no text', () => {
    expect(withoutPngText(PNG)).toBe(PNG);
  });

  test.each(['tEXt', 'zTXt', 'iTXt'])('lacks the %s chunk and nothing else', (type) => {
    expect(withoutPngText(withPngChunks(PNG, physicalSize, text(type)))).toEqual(withPngChunks(PNG, physicalSize));
  });

  test('lacks all text chunks, wherever they are', () => {
    const many = withPngChunks(PNG, text('tEXt'), compressedText('a', Buffer.alloc(10)), physicalSize, text('iTXt'), text('tEXt'));
    expect(withoutPngText(Buffer.concat([many, text('tEXt')]))).toEqual(withPngChunks(PNG, physicalSize));
  });

  test('keeps everything before a chunk that is longer than the file', () => {
    const cut = withPngChunks(PNG, physicalSize, text('tEXt')).subarray(0, 8 + 25 + physicalSize.length + 14);
    expect(withoutPngText(cut).subarray(0, 54)).toEqual(cut.subarray(0, 54));
  });

  test('can be made from any bytes without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(withoutPngText(Buffer.from(bytes)).length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
