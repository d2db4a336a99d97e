import { expect, test } from '@jest/globals';
import { decodeKey } from '../../../lambda-src/events/object-key.ts';

test.each([
  ['my+holiday+photo.jpg', 'my holiday photo.jpg'],
  ['a%2Bb.jpg', 'a+b.jpg'],
  ['a%252Fb.jpg', 'a%2Fb.jpg'],
  ['%C3%9Cml%C3%A4ut.jpg', 'Ümläut.jpg'],
])('%s is decoded once, to %s', (encoded, key) => {
  expect(decodeKey(encoded)).toBe(key);
});

test.each(['100%.jpg', 'a%ZZ.jpg', '%C3.jpg'])('%s carries a malformed escape and is not decoded', (encoded) => {
  expect(decodeKey(encoded)).toBeUndefined();
});
