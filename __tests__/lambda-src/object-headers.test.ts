import { expect, test } from '@jest/globals';
import { objectHeaders } from '../../lambda-src/object-headers.ts';
import { rendition } from './image/limits.ts';

test('a rendition without options has no headers', () => {
  expect(objectHeaders(rendition(), 'a.jpg', 'png')).toEqual({});
});

test('a rendition has the headers of its options', () => {
  const options = { cacheControl: 'no-store', storageClass: 'ONEZONE_IA', tags: { team: 'web' }, contentDisposition: 'inline' } as const;
  expect(objectHeaders(rendition(options), 'a.jpg', 'png')).toEqual(options);
});

test.each([
  ['in/IMG 1.JPG', `attachment; filename="IMG 1.webp"; filename*=UTF-8''IMG%201.webp`],
  ['Grüße "1".png', `attachment; filename="Gr__e _1_.webp"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.webp`],
  [`it's(*)%41.jpg`, `attachment; filename="it's(*)_41.webp"; filename*=UTF-8''it%27s%28%2a%29%2541.webp`],
  ['a\r\nSet-Cookie: b.jpg', `attachment; filename="a__Set-Cookie: b.webp"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b.webp`],
  ['.jpg', `attachment; filename="image.webp"; filename*=UTF-8''image.webp`],
  ['$&.jpg', `attachment; filename="$&.webp"; filename*=UTF-8''%24%26.webp`],
])('the file name of %s is quoted in a header', (key, expected) => {
  const { contentDisposition } = objectHeaders(rendition({ contentDisposition: 'attachment; {filename}' }), key, 'webp');
  expect(contentDisposition).toBe(expected);
});

test.each([
  ['jpeg', 'a.jpg'],
  ['gif', 'a.gif'],
] as const)('a %s is saved as %s', (format, name) => {
  const { contentDisposition } = objectHeaders(rendition({ contentDisposition: '{filename}' }), 'a.jpeg', format);
  expect(contentDisposition).toContain(`filename="${name}"`);
});
