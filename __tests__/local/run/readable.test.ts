import { describe, expect, test } from '@jest/globals';
import { readableBytes, readableChange, readableName, readableText } from '../../../local/run/readable.ts';

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
  test('keeps its letters, accents and signs', () => {
    expect(readableText('Grüße aus Köln + 日本 <b>🙂.jpg')).toBe('Grüße aus Köln + 日本 <b>🙂.jpg');
  });

  test('loses what steers a terminal or turns the reading direction around', () => {
    expect(readableText('\u001b[2J\u202egpj.exe\n\u2028\ud800')).toBe('\\u001b[2J\\u202egpj.exe\\u000a\\u2028\\ud800');
  });

  test('is cut in its middle, between characters', () => {
    expect(readableName(`${'🙂'.repeat(20)}.jpg`, 12)).toBe(`${'🙂'.repeat(7)}….jpg`);
    expect(readableName('short.jpg', 12)).toBe('short.jpg');
  });
});
