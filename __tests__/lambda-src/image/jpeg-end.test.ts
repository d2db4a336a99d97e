import { describe, expect, test } from '@jest/globals';
import { hasJpegEnd } from '../../../lambda-src/image/jpeg-end.ts';
import { jpegSegment, withJpegSegments } from '../../fixtures/jpeg-segments.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { render } from './rendering.ts';

const SMALL = { width: 64, height: 48 };

describe('a whole JPEG', () => {
  test.each([
    ['baseline', {}],
    ['progressive, in many scans', { progressive: true }],
    ['of one channel', { grey: true }],
  ])('has an end if it is %s', async (_, options) => {
    expect(hasJpegEnd(await makePhoto({ ...SMALL, ...options }))).toBe(true);
  });

  test('may be followed by a film', async () => {
    expect(hasJpegEnd(Buffer.concat([await makePhoto(SMALL), Buffer.alloc(5000, 'ÿÚ', 'latin1')]))).toBe(true);
  });

  test('may have restart markers and stuffed bytes in its scan', () => {
    const scan = '11ffd04000' + '22ff004000' + '33ffd74000';
    expect(hasJpegEnd(Buffer.from(`ffd8ffda0008010100003f00${scan}ffd9`, 'hex'))).toBe(true);
  });

  test('may have fill bytes before a marker', async () => {
    const photo = await makePhoto(SMALL);
    expect(hasJpegEnd(Buffer.concat([photo.subarray(0, -2), Buffer.from('ffffffd9', 'hex')]))).toBe(true);
  });
});

describe('a JPEG without an end', () => {
  test.each([1, 2, 10, 1000])('is told by %d missing bytes', async (missing) => {
    expect(hasJpegEnd((await makePhoto(SMALL)).subarray(0, -missing))).toBe(false);
  });

  test('is not taken for whole because its thumbnail is', async () => {
    const thumbnail = jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), await makePhoto({ width: 16, height: 16 })]));
    expect(hasJpegEnd(withJpegSegments(await makePhoto(SMALL), thumbnail).subarray(0, -2))).toBe(false);
  });

  test('fails as corrupt, even where libjpeg does not look at the last rows', async () => {
    const photo = await makePhoto({ width: 1200, height: 900 });
    await expect(render(photo.subarray(0, photo.length * 0.998), [])).rejects.toMatchObject({ code: 'Corrupt' });
  });
});
