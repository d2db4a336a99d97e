import { describe, expect, test } from '@jest/globals';
import {
  plural,
  readableBytes,
  readableChange,
  readableLines,
  readableName,
  readableText,
  readableTime,
  recipeInWords,
  statusInWords,
} from '../../../local/ui/readable.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [9_940, '9.9 kB'],
  [94_119, '94 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [3_740_621, '3.7 MB'],
  [25_000_000, '25 MB'],
])('%i bytes are %s', (bytes, text) => {
  expect(readableBytes(bytes)).toBe(text);
});

test.each([
  [1_000, 90, '−91 %'],
  [1_000, 3, '−99.7 %'],
  [1_000_000, 1, '−99.9 %'],
  [1_000, 0, '−100 %'],
  [1_000, 1_000, '±0 %'],
  [1_000, 1_040, '+4 %'],
  [0, 10, '±0 %'],
])('from %i to %i bytes is %s', (before, after, text) => {
  expect(readableChange(before, after)).toBe(text);
});

describe('a text from outside', () => {
  test('keeps its letters, accents and symbols', () => {
    expect(readableText('Grüße aus Köln + 日本 <b>🙂.jpg')).toBe('Grüße aus Köln + 日本 <b>🙂.jpg');
  });

  test('has the characters escaped that control a terminal or reverse the reading direction', () => {
    expect(readableText('\u001b[2J\u202egpj.exe\n\u2028\ud800')).toBe('\\u001b[2J\\u202egpj.exe\\u000a\\u2028\\ud800');
  });

  test('is cut in its middle, between characters', () => {
    expect(readableName(`${'🙂'.repeat(20)}.jpg`, 12)).toBe(`${'🙂'.repeat(7)}….jpg`);
    expect(readableName('short.jpg', 12)).toBe('short.jpg');
  });

  test('keeps its line breaks where it has lines', () => {
    expect(readableLines('one\ntwo\r\u202e')).toBe('one\ntwo\\u000d\\u202e');
  });
});

test.each([
  [0.4, '0 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [61_234, '61.2 s'],
])('%f milliseconds are %s', (milliseconds, text) => {
  expect(readableTime(milliseconds)).toBe(text);
});

test('counts one photo and several', () => {
  expect([0, 1, 2].map((count) => plural(count, 'photo'))).toEqual(['0 photos', '1 photo', '2 photos']);
});

test('writes the status of a dead letter as two words, and any other as it is', () => {
  expect((['deadLettered', 'processed', 'failed'] as const).map(statusInWords)).toEqual(['dead letter', 'processed', 'failed']);
});

describe('a recipe in words', () => {
  const rendition = { name: 'web', prefix: 'web/', width: 1024, height: 768, fit: 'inside', format: 'jpeg', quality: 90 } as const;

  test('names the format, quality and size of each rendition', () => {
    const square = { ...rendition, name: 'square', width: 256, height: 256, fit: 'cover', format: 'avif', quality: 50 } as const;
    expect(recipeInWords({ renditions: [rendition, square] })).toBe(
      'Every photo becomes a JPEG of quality 90 within 1024 × 768 and an AVIF of quality 50 cropped to 256 × 256 pixels.',
    );
  });

  test('says that nothing is rendered if there are no renditions', () => {
    expect(recipeInWords({ renditions: [] })).toBe('Every photo is checked and recorded; nothing is rendered.');
  });
});
