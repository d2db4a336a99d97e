import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mayCollide, namesBox, templateFault } from '../../config/rendition-keys.ts';
import { type KeyedRendition, renditionKey } from '../../lambda-src/contract/rendition-key.ts';

const WEB: KeyedRendition = { name: 'web', prefix: 'small/', width: 320, height: 200, format: 'webp' };

describe('a key template', () => {
  test.each<[key: string | undefined, format?: KeyedRendition['format']]>([
    [undefined],
    ['{prefix}{key}'],
    ['{prefix}{key}/{width}.{ext}'],
    ['{prefix}{dir}/{name}-{hash}.{ext}'],
    ['{prefix}{hash}.{ext}'],
    ['{prefix}{dir}/{name}-{width}.{ext}', 'same'],
    ['{prefix}{rendition}/{dir}/x-{name}.{ext}', 'same'],
  ])('%s is accepted', (key, format = 'webp') => {
    expect(templateFault({ ...WEB, key, format })).toBeUndefined();
  });

  test.each<[key: string, fault: string, format?: KeyedRendition['format']]>([
    ['{prefix}a', 'gives two originals'],
    ['{prefix}{name}.{ext}', 'gives two originals'],
    ['{prefix}{dir}/{name}-{width}.{ext}', 'gives two originals'],
    ['{prefix}{dir}/{name}', 'gives two originals', 'same'],
    ['{prefix}{name}.{ext}', 'gives two originals', 'same'],
    ['{prefix}{dir}/x/{name}/y.{ext}', 'gives two originals', 'same'],
    ['{prefix}{dir}{name}.{ext}', 'must continue {dir} with "/"', 'same'],
    ['{prefix}{key}{key}', 'contains {key} more than once'],
    ['{prefix}{dir}/{key}', 'contains {key} and a part of it'],
    ['{prefix}{ext}/{key}', 'can contain {ext} only at its end, after a dot'],
    ['{prefix}{key}-{ext}', 'can contain {ext} only at its end, after a dot'],
  ])('%s is rejected', (key, fault, format = 'webp') => {
    expect(templateFault({ ...WEB, key, format })).toContain(fault);
  });

  test('names the box if it contains its width or height', () => {
    expect(['{prefix}{key}-{width}', '{prefix}{height}/{key}', '{prefix}{key}', undefined].map((key) => namesBox({ key }))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('two renditions', () => {
  test.each<[why: string, one: Partial<KeyedRendition>, other: Partial<KeyedRendition>, expected: boolean]>([
    ['prefixes differ', { prefix: 'a/' }, { prefix: 'b/' }, false],
    ['a prefix begins with the other', { prefix: 'a/' }, { prefix: 'a/b/' }, true],
    ['extensions differ', { key: '{prefix}{key}.{ext}' }, { key: '{prefix}{key}.{ext}', format: 'avif' }, false],
    ['one end is part of the other', { key: '{prefix}{key}-{width}.{ext}' }, { key: '{prefix}{key}-1{width}.{ext}' }, false],
    ['widths end differently', { key: '{prefix}{key}-{width}' }, { key: '{prefix}{key}-{width}', width: 1320 }, false],
    ['one width ends like the other', { key: '{prefix}{key}{width}' }, { key: '{prefix}{key}{width}', width: 1320 }, true],
    ['an end is empty', { key: '{prefix}{key}' }, { key: '{prefix}{key}.{ext}' }, true],
    [
      'the original’s extension follows different widths',
      { format: 'same', key: '{prefix}{dir}/{name}-{width}.{ext}' },
      { format: 'same', key: '{prefix}{dir}/{name}-{width}.{ext}', width: 640 },
      false,
    ],
    [
      'the original’s extension can be that of the other',
      { format: 'same', key: '{prefix}{key}/{width}.{ext}' },
      { format: 'webp', key: '{prefix}{key}/{width}.{ext}' },
      true,
    ],
  ])('are compared: %s', (_why, one, other, expected) => {
    expect(mayCollide({ ...WEB, ...one }, { ...WEB, ...other })).toBe(expected);
    expect(mayCollide({ ...WEB, ...other }, { ...WEB, ...one })).toBe(expected);
  });
});

describe('templates that synthesis accepts', () => {
  const token = fc.constantFrom(
    ...['{key}', '{dir}/', '{name}', '{hash}', '{width}', '{rendition}', '.{ext}', '{ext}', '/', '-', 'a', '1', '.jpg', '/320.webp', '320'],
  );
  const keyed: fc.Arbitrary<KeyedRendition> = fc.record({
    name: fc.constantFrom('a', 'b'),
    prefix: fc.constantFrom('', 'a/', 'a/a/', '1/'),
    key: fc.oneof(
      fc.constantFrom(undefined, '{prefix}{dir}/{name}-{width}.{ext}', '{prefix}{key}/{width}.{ext}'),
      fc.array(token, { maxLength: 5 }).map((tokens) => `{prefix}${tokens.join('')}`),
    ),
    width: fc.constantFrom(320, 1320),
    height: fc.constant(320),
    format: fc.constantFrom('jpeg', 'webp', 'same'),
  });
  // Keys of few pieces, so that different keys often look alike.
  const original = fc
    .array(fc.constantFrom('a', '1', '/', '.', '-', '320', '.jpg', '.JPG', '.webp', '/320.webp', 'a/', '{key}'), { maxLength: 6 })
    .map((pieces) => pieces.join(''));

  test('never give two originals the same rendition', () => {
    fc.assert(
      fc.property(keyed, original, original, (rendition, one, other) => {
        fc.pre(one !== other && templateFault(rendition) === undefined);
        return renditionKey(rendition, one) !== renditionKey(rendition, other);
      }),
      { numRuns: 5_000 },
    );
  });

  test('never give two renditions the same key', () => {
    fc.assert(
      fc.property(keyed, keyed, original, original, (a, b, one, other) => {
        fc.pre(templateFault(a) === undefined && templateFault(b) === undefined && !mayCollide(a, b));
        return renditionKey(a, one) !== renditionKey(b, other);
      }),
      { numRuns: 5_000 },
    );
  });
});
