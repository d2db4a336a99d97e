import { expect, test } from '@jest/globals';
import { decodeKey, suffixSpellings } from '../../../lambda-src/contract/object-key.ts';

test.each([
  ['my+photo.jpg', 'my photo.jpg'],
  ['Gr%C3%BC%C3%9Fe.jpg', 'Grüße.jpg'],
  ['100%2525.jpg', '100%25.jpg'],
  ['100%.jpg', undefined],
  ['a%ZZ.jpg', undefined],
  ['%C3.jpg', undefined],
])('the key %s of an event decodes to %s', (encoded, key) => {
  expect(decodeKey(encoded)).toBe(key);
});

test.each([
  ['.jpg', ['.jpg', '.JPG', '.Jpg']],
  ['.2', ['.2']],
])('S3 is asked for the suffix %s as %j', (suffix, spellings) => {
  expect(suffixSpellings(suffix)).toEqual(spellings);
});
