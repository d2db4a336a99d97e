import { describe, expect, test } from '@jest/globals';
import {
  outputPrefixes,
  type Recipe,
  type Rendition,
  recipeHash,
  recipeSchema,
  renditionSchema,
  watermarkSchema,
} from '../../../lambda-src/contract/recipe.ts';

function recipe(different: object = {}, background = '#ffffff'): Recipe {
  const plain = { name: 'web', prefix: 'web/', width: 1024, height: 768 };
  return recipeSchema.parse({ renditions: [{ ...plain, ...different }], background });
}

const many = (length: number) => Array.from({ length }, (_, index) => ({ name: `a${index}`, prefix: '', width: 100, height: 100 }));

/** A different value for every option of a rendition. */
const OTHERS: Required<Rendition> = {
  name: 'tiny',
  prefix: 'tiny/',
  width: 1025,
  height: 767,
  fit: 'cover',
  format: 'webp',
  quality: 89,
  key: '{prefix}{key}.{ext}',
  position: 'attention',
  background: '#000000',
  sharpen: 0.5,
  watermark: true,
  animated: true,
  cacheControl: 'no-store',
  contentDisposition: 'inline',
  storageClass: 'STANDARD_IA',
  tags: { team: 'web' },
};

describe('the hash of a recipe', () => {
  test('never changes between releases, or the next backfill would render every photo again', () => {
    expect(recipeHash(recipe())).toBe('6e67afba378061f9');
  });

  test.each(Object.entries(OTHERS))('depends on the %s', (option, value) => {
    expect(recipeHash(recipe({ [option]: value }))).not.toBe(recipeHash(recipe()));
  });

  test('does not depend on options that are absent, nor on their order', () => {
    expect(recipeHash(recipe({ sharpen: undefined, tags: undefined }))).toBe(recipeHash(recipe()));
    expect(recipeHash(recipe({ sharpen: 1, tags: { a: 'x', b: 'y' } }))).toBe(recipeHash(recipe({ tags: { b: 'y', a: 'x' }, sharpen: 1 })));
  });

  test.each([
    ['digest', { digest: 'b'.repeat(32) }],
    ['gravity', { gravity: 'north' }],
    ['opacity', { opacity: 0.5 }],
    ['scale', { scale: 0.5 }],
  ])('depends on the watermark: its %s', (_option, changes) => {
    const mark = { file: 'a.png', digest: 'a'.repeat(32) };
    const hashWith = (watermark: object) => recipeHash(recipeSchema.parse({ watermark }));
    expect(hashWith({ ...mark, ...changes })).not.toBe(hashWith(mark));
    expect(hashWith(mark)).not.toBe(recipeHash(recipeSchema.parse({})));
  });

  test('does not depend on the path of the watermark, which differs between Lambda and the local pipeline', () => {
    const hashAt = (file: string) => recipeHash(recipeSchema.parse({ watermark: { file, digest: 'a'.repeat(32) } }));
    expect(hashAt('/opt/watermark.png')).toBe(hashAt('assets/logo.png'));
  });

  test('depends on the background, but not on its letter case', () => {
    expect(recipeHash(recipe({}, '#ABCDEF'))).not.toBe(recipeHash(recipe()));
    expect(recipeHash(recipe({}, '#ABCDEF'))).toBe(recipeHash(recipe({}, '#abcdef')));
  });
});

describe('a rendition', () => {
  const PLAIN = { name: 'web', prefix: 'web/', width: 1024, height: 768 };
  const complaint = (different: object) =>
    renditionSchema.safeParse({ ...PLAIN, ...different }).error?.issues.map(({ message }) => message);

  test('lies inside its box and is a JPEG of quality 90 by default', () => {
    expect(renditionSchema.parse(PLAIN)).toEqual({ ...PLAIN, fit: 'inside', format: 'jpeg', quality: 90 });
  });

  test.each<[field: string, good: unknown[], bad: unknown[]]>([
    ['name', ['a', 'a-1', `a${'b'.repeat(31)}`], ['', '1a', 'A', 'a_b', 'a b', `a${'b'.repeat(32)}`]],
    ['prefix', ['', 'a/', "A1!_.'()-/b/", `${'a'.repeat(199)}/`], ['a', '/', '/a/', 'a//', 'a b/', 'a/b', `${'a'.repeat(200)}/`]],
    ['width', [100, '4096'], [99, 4097, 100.5, 'wide']],
    ['height', [100, '4096'], [99, 4097, 100.5, 'high']],
    ['fit', ['inside', 'cover', 'contain'], ['outside']],
    ['format', ['jpeg', 'png', 'webp', 'avif', 'same'], ['gif']],
    [
      'key',
      ['{prefix}{key}', "{prefix}a/{dir}/{name}-{hash}_(1)!.'{ext}"],
      ['', '{key}', 'a{prefix}{key}', '{prefix}{Key}', '{prefix}{key} ', '{prefix}ü'],
    ],
    ['position', ['centre', 'attention', 'entropy', 'focal'], ['center', 'north']],
    ['background', ['#00ff00', 'transparent'], ['red', '#fff']],
    ['sharpen', [0.3, 1.5, 10], [0, 0.29, 10.1, '1']],
    ['cacheControl', ['x', 'no-store', 'public, max-age=31536000, immutable'], ['', ' no-store', 'a\nb', 'ü', 'x'.repeat(201)]],
    ['contentDisposition', ['inline', 'attachment; {filename}'], ['', 'a\r\nSet-Cookie: b']],
    ['storageClass', ['STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'], ['STANDARD', 'GLACIER', 'DEEP_ARCHIVE']],
    [
      'tags',
      [{}, { team: 'a b+-=._:/@', empty: '' }, Object.fromEntries(many(10).map(({ name }) => [name, 'x']))],
      [{ 'aws:x': 'y' }, { aü: 'y' }, { '': 'y' }, { a: 'ü' }, Object.fromEntries(many(11).map(({ name }) => [name, 'x']))],
    ],
    ['quality', [1, '100'], [0, 101, 1.5]],
    ['watermark', [true, false], ['yes']],
    ['animated', [true, false], ['yes']],
    ['colour', [], ['red']],
  ])('takes what %s may be, and nothing else', (field, good, bad) => {
    for (const value of good) expect([value, complaint({ [field]: value })]).toEqual([value, undefined]);
    for (const value of bad) expect([value, complaint({ [field]: value })]).not.toEqual([value, undefined]);
  });

  test('says what a name and a prefix must be', () => {
    expect(complaint({ name: 'A', prefix: 'a' })).toEqual([
      'must be lower-case letters, digits and dashes, at most 32 characters',
      'must be empty or path segments that each end with "/", such as "resized/"',
    ]);
  });

  test.each<[options: object, message: string]>([
    [{ cacheControl: '' }, 'must be 1 to 200 visible US-ASCII characters'],
    [
      { key: 'a' },
      'must begin with {prefix}, followed by letters, digits, any of "!_.\'()/-" and the placeholders {key}, {dir}, {name}, {hash}, {rendition}, {width}, {height} and {ext}',
    ],
    [{ tags: { a: 'ü' } }, 'must be up to 256 letters, digits, spaces and "+-=._:/@"'],
    [{ tags: Object.fromEntries(many(11).map(({ name }) => [name, 'x'])) }, 'must be at most 10 tags'],
  ])('says what is wrong with %j', (options, message) => {
    expect(complaint(options)).toEqual([message]);
  });

  test('says what the name of a tag must be', () => {
    expect(renditionSchema.safeParse({ ...PLAIN, tags: { 'aws:x': 'y' } }).error?.issues).toMatchObject([
      { issues: [{ message: 'must be 1 to 128 letters, digits, spaces and "+-=._:/@", not beginning with "aws:"' }] },
    ]);
  });
});

describe('a recipe', () => {
  test('has no renditions and a white background by default', () => {
    expect(recipeSchema.parse({})).toEqual({ renditions: [], background: '#ffffff' });
  });

  test('makes up to 24 renditions', () => {
    expect(recipeSchema.safeParse({ renditions: many(24) }).success).toBe(true);
    expect(recipeSchema.safeParse({ renditions: many(25) }).success).toBe(false);
  });

  test.each(['white', '#fff', '#12345g', 'x#123456', '#1234567'])(
    'does not take %s as a background, and says what it takes',
    (background) => {
      expect(recipeSchema.safeParse({ background }).error?.issues).toMatchObject([
        { message: 'must be a colour written as #rrggbb, such as #ffffff' },
      ]);
    },
  );

  test('has no other field', () => {
    expect(recipeSchema.safeParse({ foreground: '#ffffff' }).success).toBe(false);
  });
});

describe('a watermark', () => {
  const PLAIN = { file: 'a.png' };

  test('is opaque, a fifth as wide as the picture and at its bottom right by default', () => {
    expect(watermarkSchema.parse(PLAIN)).toEqual({ file: 'a.png', gravity: 'southeast', opacity: 1, scale: 0.2 });
  });

  test.each<[field: string, good: unknown[], bad: unknown[]]>([
    ['file', ['a'], ['']],
    ['digest', ['0f'.repeat(16)], ['', '0f'.repeat(15), `${'0f'.repeat(16)}0`, `0${'0f'.repeat(16)}`, '0F'.repeat(16)]],
    ['gravity', ['centre', 'north', 'northeast', 'east', 'southeast', 'south', 'southwest', 'west', 'northwest'], ['', 'center']],
    ['opacity', [0.05, 1], [0.04, 1.01]],
    ['scale', [0.01, 1], [0, 1.01]],
    ['colour', [], ['red']],
  ])('takes what %s may be, and nothing else', (field, good, bad) => {
    for (const value of [...good, ...bad]) {
      expect([value, watermarkSchema.safeParse({ ...PLAIN, [field]: value }).success]).toEqual([value, good.includes(value)]);
    }
  });
});

test.each<[what: string, recipe: object, prefixes: string[]]>([
  ['nothing', {}, []],
  ['renditions', { renditions: many(2) }, ['']],
  ['manifests', { manifest: true }, ['manifests/']],
  ['both', { renditions: [{ ...many(1)[0], prefix: 'a/' }], manifest: true, manifestPrefix: 'b/' }, ['a/', 'b/']],
  ['both under one prefix', { renditions: [{ ...many(1)[0], prefix: 'a/' }], manifest: true, manifestPrefix: 'a/' }, ['a/']],
  ['no manifests, although they have a prefix', { manifest: false, manifestPrefix: 'b/' }, []],
])('the prefixes of a recipe for %s', (_what, options, prefixes) => {
  expect(outputPrefixes(recipeSchema.parse(options))).toEqual(prefixes);
});
