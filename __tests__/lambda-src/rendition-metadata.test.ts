import { describe, expect, test } from '@jest/globals';
import type { UploadEvent } from '../../lambda-src/ports.ts';
import { renditionMetadata } from '../../lambda-src/rendition-metadata.ts';
import { aClaim } from './upload-event.ts';

const PROCESSED_AT = new Date('2026-03-04T05:06:08.000Z');
const OURS = {
  'original-sequencer': '0055'.padEnd(40, '0'),
  'original-version-id': 'v1',
  'recipe-hash': 'recipe-1',
  'original-bucket': 'uploads',
  'processed-date': '2026-03-04T05:06:08.000Z',
  'original-key': 'photo.jpg',
};

function metadata(userMetadata: Record<string, string>, event: Partial<UploadEvent> = {}) {
  const original = { etag: 'e1', size: 3, lastModified: PROCESSED_AT, bytes: Buffer.from('cat'), contentType: '', userMetadata };
  return renditionMetadata(aClaim({ event }).event, original, 'recipe-1', PROCESSED_AT);
}

const bytesOf = (all: Readonly<Record<string, string>>) =>
  Object.entries(all).reduce((sum, [name, value]) => sum + name.length + value.length, 0);

describe('a rendition says', () => {
  test('its original, its recipe and its time, besides the original’s metadata', () => {
    expect(metadata({ album: 'Summer' })).toEqual({ kept: { ...OURS, album: 'Summer' }, dropped: [] });
  });

  test('no version in buckets without versions', () => {
    expect(metadata({}, { versionId: undefined }).kept).not.toHaveProperty('original-version-id');
  });

  test('nothing with an empty value', () => {
    expect(metadata({ album: '' })).toEqual({ kept: OURS, dropped: [] });
  });

  test('the pipeline’s value if the original has the same name in any letter case', () => {
    expect(metadata({ 'Original-Key': 'x', 'recipe-hash': 'y', ORIGINAL: 'z' })).toEqual({ kept: { ...OURS, ORIGINAL: 'z' }, dropped: [] });
  });
});

describe('a value', () => {
  test.each([
    ['a', 'a'],
    ['a b', 'a b'],
    ['~!', '~!'],
    ['%', '%'],
    [' a', '%20a'],
    ['a ', 'a%20'],
    ['Köln', 'K%C3%B6ln'],
    ['a\nb', 'a%0Ab'],
    ['x\u007f', 'x%7F'],
    ['\ud800', '%EF%BF%BD'],
    ['50%25', '50%25'],
  ])('%j travels as %s', (value, header) => {
    expect(metadata({ album: value }).kept.album).toBe(header);
  });

  test.each([
    ['a b.jpg', 'a b.jpg'],
    ['100%.jpg', '100%.jpg'],
    ['100%a.jpg', '100%a.jpg'],
    ['Köln.jpg', 'K%C3%B6ln.jpg'],
    // Encoded although it is ASCII, or it would read as what it is not.
    ['a%2Fb.jpg', 'a%252Fb.jpg'],
    ['\ud800%2f.jpg', '%EF%BF%BD%252f.jpg'],
  ])('the key %j travels as %s', (key, header) => {
    expect(metadata({}, { key }).kept['original-key']).toBe(header);
  });
});

describe('of more than 2 KB', () => {
  const room = 2048 - bytesOf(OURS);

  test('what fits to the last byte is kept', () => {
    expect(metadata({ n: 'x'.repeat(room - 1) }).dropped).toEqual([]);
    expect(metadata({ n: 'x'.repeat(room) })).toEqual({ kept: OURS, dropped: ['n'] });
  });

  test('what comes after a value that is too long is still tried', () => {
    expect(metadata({ long: 'x'.repeat(2048), short: 'kept' })).toEqual({ kept: { ...OURS, short: 'kept' }, dropped: ['long'] });
  });

  test('the original’s key is the first of the pipeline’s values to be dropped', () => {
    const { kept, dropped } = metadata({}, { key: 'ü'.repeat(400) });

    expect(dropped).toEqual(['original-key']);
    expect({ ...kept, 'original-key': 'photo.jpg' }).toEqual(OURS);
  });
});
