import { describe, expect, test } from '@jest/globals';
import { recipeSchema } from '../../../lambda-src/contract/recipe.ts';
import {
  type KeyedRendition,
  keyParts,
  MAX_KEY_BYTES,
  manifestKey,
  outputsOf,
  renditionKey,
} from '../../../lambda-src/contract/rendition-key.ts';

const WEB: KeyedRendition = { name: 'web', prefix: 'small/', width: 320, height: 4096, format: 'webp' };

describe('the key of a rendition', () => {
  test('is the whole key of the original under its own prefix', () => {
    expect(renditionKey(WEB, 'in/a.jpg')).toBe('small/in/a.jpg');
  });

  test.each<[template: string, original: string, expected: string]>([
    ['{prefix}{key}.{ext}', 'in/a.jpg', 'small/in/a.jpg.webp'],
    ['{prefix}{dir}/{name}-{width}.{ext}', 'in/holiday/a.b.JPG', 'small/in/holiday/a.b-320.webp'],
    ['{prefix}{dir}/{name}-{width}.{ext}', 'a.jpg', 'small/a-320.webp'],
    ['{prefix}{dir}/{name}-{width}.{ext}', '/a.jpg', 'small//a-320.webp'],
    ['{prefix}{dir}/{name}-{width}.{ext}', 'x//a.jpg', 'small/x//a-320.webp'],
    ['{prefix}{rendition}/{width}x{height}/{key}', 'a', 'small/web/320x4096/a'],
    ['{prefix}{hash}.{ext}', 'in/a.jpg', 'small/8c7f3104df2df75cd42e34f6ea317721.webp'],
    ['{prefix}{key}', '{dir}/$& {name}.jpg', 'small/{dir}/$& {name}.jpg'],
  ])('follows the template %s for %s', (key, original, expected) => {
    expect(renditionKey({ ...WEB, key }, original)).toBe(expected);
  });

  test.each<[format: KeyedRendition['format'], original: string, expected: string]>([
    ['jpeg', 'a.png', 'small/a.jpg'],
    ['png', 'a', 'small/a.png'],
    ['avif', 'a.jpg', 'small/a.avif'],
    ['same', 'a.JPG', 'small/a.JPG'],
    ['same', 'a', 'small/a.'],
  ])('ends with the extension of %s for %s', (format, original, expected) => {
    expect(renditionKey({ ...WEB, format, key: '{prefix}{dir}/{name}.{ext}' }, original)).toBe(expected);
  });

  test('has at most 1,024 bytes', () => {
    expect(MAX_KEY_BYTES).toBe(1024);
  });
});

test.each([
  ['a.jpg', { folder: '', name: 'a', extension: 'jpg' }],
  ['in/a.b.Jpg', { folder: 'in/', name: 'a.b', extension: 'Jpg' }],
  ['/a', { folder: '/', name: 'a', extension: '' }],
  ['a.', { folder: '', name: 'a.', extension: '' }],
  ['.jpg', { folder: '', name: '', extension: 'jpg' }],
  ['v1.2/a', { folder: 'v1.2/', name: 'a', extension: '' }],
  ['in.jpg/a', { folder: 'in.jpg/', name: 'a', extension: '' }],
  ['a.jpg/', { folder: 'a.jpg/', name: '', extension: '' }],
  ['a.photograph', { folder: '', name: 'a.photograph', extension: '' }],
  ['', { folder: '', name: '', extension: '' }],
])('%s splits into folder, name and extension', (key, parts) => {
  expect(keyParts(key)).toEqual(parts);
});

describe('the outputs of a recipe', () => {
  const box = { width: 320, height: 320 };
  const renditions = [
    { ...box, name: 'small', prefix: 's/' },
    { ...box, name: 'web', prefix: 'w/', key: '{prefix}{key}.{ext}', format: 'webp' },
  ];
  const made = [
    { kind: 'rendition', name: 'small', key: 's/in/a.jpg' },
    { kind: 'rendition', name: 'web', key: 'w/in/a.jpg.webp' },
  ];

  test('are its renditions', () => {
    expect(outputsOf(recipeSchema.parse({ renditions }), 'in/a.jpg')).toEqual(made);
    expect(manifestKey({}, 'in/a.jpg')).toBeUndefined();
  });

  test('begin with the manifest, if there is one', () => {
    expect(outputsOf(recipeSchema.parse({ renditions, manifest: true }), 'in/a.jpg')).toEqual([
      { kind: 'manifest', name: 'manifest', key: 'manifests/in/a.jpg.json' },
      ...made,
    ]);
    expect(manifestKey({ manifest: true, manifestPrefix: 'm/' }, 'in/a.jpg')).toBe('m/in/a.jpg.json');
  });
});
