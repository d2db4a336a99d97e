import { describe, expect, test } from '@jest/globals';
import { describeDamage } from '../../../lambda-src/image/damage.ts';
import { makePhoto, type PhotoFormat } from '../../fixtures/photos.ts';
import { pngChunk } from '../../fixtures/png-chunks.ts';
import { circularTiff } from '../../fixtures/tiff-file.ts';

const photo = (format: PhotoFormat): Promise<Buffer> => makePhoto({ width: 32, height: 24, format });

async function damaged(format: PhotoFormat, damage: (file: Buffer) => Buffer): Promise<string> {
  return describeDamage(format, damage(await photo(format)), 'pixels', '');
}

function write(file: Buffer, at: number, hex: string): Buffer {
  file.write(hex, at, 'hex');
  return file;
}

describe('the structure of a file reveals', () => {
  test.each<[string, PhotoFormat, (file: Buffer) => Buffer, RegExp]>([
    ['a truncated PNG', 'png', (file) => file.subarray(0, -20), /^the PNG ends inside its IDAT chunk: 8 bytes are missing$/],
    ['a PNG that ends between chunks', 'png', (file) => file.subarray(0, -12), /^the PNG ends before its last chunk$/],
    ['a PNG that ends inside a chunk header', 'png', (file) => file.subarray(0, -5), /^the PNG ends inside a chunk header$/],
    ['a modified PNG', 'png', (file) => write(file, 16, 'ff'), /^the PNG has a wrong checksum in its IHDR chunk$/],
    ['a PNG with no chunk where one should begin', 'png', (file) => write(file, 37, '00000000'), /^the PNG has no chunk at byte 33/],
    [
      'a PNG without data',
      'png',
      (file) => Buffer.concat([file.subarray(0, 33), pngChunk('IEND', Buffer.alloc(0))]),
      /^the PNG has no image data$/,
    ],
    ['a PNG whose chunks are intact', 'png', (file) => file, /^the PNG has image data that is damaged or too short for its size$/],
    ['a truncated WebP', 'webp', (file) => file.subarray(0, 50), /^the WebP needs at least \d+ bytes, but the file has only 50$/],
    ['a truncated AVIF', 'avif', (file) => file.subarray(0, 200), /^the AVIF needs at least \d+ bytes, but the file has only 200$/],
    ['an AVIF with an impossible box', 'avif', (file) => write(file, 0, '00000005'), /^the AVIF has a damaged box at byte 0$/],
    ['an AVIF that does not describe its image', 'avif', (file) => file.subarray(0, file.readUInt32BE(0)), /\(meta box\)$/],
    [
      'a TIFF without its directory',
      'tiff',
      (file) => file.subarray(0, -300),
      /^the TIFF needs at least \d+ bytes, but the file has only \d+$/,
    ],
    ['a TIFF that ends inside its header', 'tiff', (file) => file.subarray(0, 6), /^the TIFF ends inside its header$/],
    ['a TIFF with circular directories', 'tiff', circularTiff, /^the TIFF has a directory that points to itself as the next one$/],
  ])('%s', async (_, format, damage, sentence) => {
    expect(await damaged(format, damage)).toMatch(sentence);
  });
});

describe('if the structure reveals nothing', () => {
  test.each<[string, string]>([
    ['VipsJpeg: premature end of JPEG image', 'the JPEG has too little image data for its size'],
    ['VipsJpeg: Corrupt JPEG data: bad Huffman code', 'the JPEG has damaged image data'],
    ['VipsJpeg: Bogus marker length', 'the JPEG has a damaged header'],
    ['VipsJpeg: Inconsistent progression sequence for component 0', 'the JPEG has scans that contradict each other'],
    ['tile size out of range', 'the JPEG has a header with values that are out of range'],
  ])('the decoder’s message is explained: %s', async (words, sentence) => {
    expect(describeDamage('jpeg', await photo('jpeg'), 'pixels', words)).toBe(sentence);
  });

  test('the part that was being read is reported', async () => {
    const file = await photo('jpeg');
    expect(describeDamage('jpeg', file, 'header', 'no')).toBe('the JPEG has a damaged header');
    expect(describeDamage('jpeg', file, 'pixels', 'no')).toBe('the JPEG has image data that is damaged or does not match its header');
  });
});
