import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { readJpegStructure, untilItsEnd } from '../../../lambda-src/image/jpeg-structure.ts';
import { jpegSegment, withJpegFrame, withJpegSegments } from '../../fixtures/jpeg-segments.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { render } from './rendering.ts';

const SMALL = { width: 64, height: 48 };

function hasEnd(jpeg: Buffer): boolean {
  return readJpegStructure(jpeg).end !== undefined;
}

describe('a complete JPEG', () => {
  test.each([
    ['baseline', {}],
    ['progressive, in many scans', { progressive: true }],
    ['greyscale', { grey: true }],
  ])('has an end marker if it is %s', async (_, options) => {
    expect(hasEnd(await makePhoto({ ...SMALL, ...options }))).toBe(true);
  });

  test('may be followed by a video', async () => {
    expect(hasEnd(Buffer.concat([await makePhoto(SMALL), Buffer.alloc(5000, 'ÿÚ', 'latin1')]))).toBe(true);
  });

  test('may have restart markers and stuffed bytes in its scan', () => {
    const scan = '11ffd04000' + '22ff004000' + '33ffd74000';
    expect(hasEnd(Buffer.from(`ffd8ffda0008010100003f00${scan}ffd9`, 'hex'))).toBe(true);
  });

  test('may have fill bytes before a marker', async () => {
    const photo = await makePhoto(SMALL);
    expect(hasEnd(Buffer.concat([photo.subarray(0, -2), Buffer.from('ffffffd9', 'hex')]))).toBe(true);
  });
});

describe('a truncated JPEG', () => {
  test.each([1, 2, 10, 1000])('is detected if %d bytes are missing', async (missing) => {
    expect(hasEnd((await makePhoto(SMALL)).subarray(0, -missing))).toBe(false);
  });

  test('is detected even if its thumbnail is complete', async () => {
    const thumbnail = jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), await makePhoto({ width: 16, height: 16 })]));
    expect(hasEnd(withJpegSegments(await makePhoto(SMALL), thumbnail).subarray(0, -2))).toBe(false);
  });
});

describe('the structure of a JPEG', () => {
  test.each([
    ['baseline', {}, 0xc0, 1],
    ['progressive', { progressive: true }, 0xc2, 10],
    ['grey', { grey: true }, 0xc0, 1],
  ])('contains the frame and the number of scans of a %s one', async (_, options, marker, scans) => {
    const photo = await makePhoto({ ...SMALL, ...options });
    expect(readJpegStructure(photo)).toMatchObject({ end: photo.length - 2, frame: { marker, precision: 8, height: 48 }, scans });
  });

  test('contains the frame of the image, not of its thumbnail', async () => {
    const thumbnail = jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), await makePhoto({ width: 16, height: 16 })]));
    expect(readJpegStructure(withJpegSegments(await makePhoto(SMALL), thumbnail))).toMatchObject({ frame: { height: 48 }, scans: 1 });
  });

  test.each(['ffd8ff', 'ffd8ffc0', 'ffd8ffc0001108'])('is empty for %s', (hex) => {
    expect(readJpegStructure(Buffer.from(hex, 'hex'))).toEqual({ end: undefined, frame: undefined, scans: 0 });
  });
});

describe('the input of the decoder', () => {
  test('ends where the data of a single scan ends', async () => {
    const photo = await makePhoto(SMALL);
    const { bytes } = untilItsEnd(Buffer.concat([photo, Buffer.from('a film')]), readJpegStructure(photo), 1);
    expect(bytes).toEqual(Buffer.concat([photo.subarray(0, -2), Buffer.alloc(8)]));
  });

  test('is the file itself if the image has several scans', async () => {
    const photo = await makePhoto({ ...SMALL, progressive: true });
    expect(untilItsEnd(photo, readJpegStructure(photo), 8)).toEqual({ bytes: photo, addedRows: 0 });
  });

  test.each([
    // Height, shrink, rows added: a partial row is completed only where it would begin a strip of eight.
    [481, 1, 0],
    [480, 4, 0],
    [481, 2, 1],
    [481, 4, 3],
    [483, 4, 1],
    [484, 4, 0],
    [489, 4, 0],
    [513, 8, 7],
    [519, 8, 1],
    [520, 8, 0],
    [521, 8, 0],
  ])('with %i rows, shrunk by %i, gets %i additional rows', async (height, shrink, rows) => {
    const photo = await makePhoto({ width: 8, height });
    const given = untilItsEnd(photo, readJpegStructure(photo), shrink);
    expect(given.addedRows).toBe(rows);
    expect(readJpegStructure(given.bytes).frame?.height).toBe(height + rows);
  });

  test('decodes to the same pixels as the file, whichever bit its data ends on', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const photo = await makePhoto({ width: 7 + seed, height: 60 - seed, quality: 2 * seed, grey: seed % 4 === 0, seed });
      const { bytes } = untilItsEnd(photo, readJpegStructure(photo), 1);
      expect((await sharp(bytes, { failOn: 'warning' }).raw().toBuffer()).equals(await sharp(photo).raw().toBuffer())).toBe(true);
    }
  });
});

describe('a JPEG of an unsupported kind', () => {
  const ofFrame = async (marker: number, precision = 8): Promise<Buffer> => withJpegFrame(await makePhoto(SMALL), marker, precision);

  test.each([
    ['lossless', 0xc3, 8, 'a lossless JPEG'],
    ['lossless with 12 bits', 0xc3, 12, 'a lossless JPEG'],
    ['lossless and arithmetically coded', 0xcb, 8, 'a lossless JPEG'],
    ['hierarchical', 0xc5, 8, 'a hierarchical JPEG'],
    ['hierarchical and arithmetically coded', 0xcf, 8, 'a hierarchical JPEG'],
    ['a JPEG-LS', 0xf7, 8, 'a JPEG-LS image'],
    ['baseline with 12 bits', 0xc0, 12, 'a JPEG with 12 bits per sample'],
    ['extended with 12 bits', 0xc1, 12, 'a JPEG with 12 bits per sample'],
    ['progressive with 12 bits', 0xc2, 12, 'a JPEG with 12 bits per sample'],
  ])('is reported as unsupported, not as damaged, if it is %s', async (_, marker, precision, kind) => {
    const file = await ofFrame(marker, precision);
    for (const bytes of [file, file.subarray(0, -50)]) {
      await expect(render(bytes, [])).rejects.toMatchObject({
        code: 'UnsupportedType',
        message: `${kind}: save it as a standard JPEG with 8 bits per sample`,
      });
    }
  });

  test('is reported as damaged if its precision is invalid', async () => {
    await expect(render(await ofFrame(0xc0, 10), [])).rejects.toMatchObject({ code: 'Corrupt' });
  });

  test('is not detected from the frame of a thumbnail', async () => {
    const thumbnail = jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), await ofFrame(0xc3)]));
    await expect(render(withJpegSegments(await makePhoto(SMALL), thumbnail), [])).resolves.toBeDefined();
  });

  test('does not include extended sequential with 8 bits, which is decoded', async () => {
    await expect(render(await ofFrame(0xc1), [])).resolves.toMatchObject({ facts: SMALL });
  });
});
