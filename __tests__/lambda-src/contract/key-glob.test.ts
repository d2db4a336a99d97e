import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canMatchUnder, matchesGlob } from '../../../lambda-src/contract/key-glob.ts';

describe('a glob', () => {
  test.each<[glob: string, matches: string[], rejects: string[]]>([
    ['a.jpg', ['a.jpg'], ['A.jpg', 'a.jpg.', 'b/a.jpg', 'a-jpg']],
    ['*.jpg', ['.jpg', 'a.jpg', 'my photo.jpg'], ['a/b.jpg', 'a.png']],
    ['clients/*/final/*', ['clients/acme/final/a.jpg', 'clients//final/'], ['clients/a/b/final/c.jpg', 'clients/final/a.jpg']],
    ['clients/**', ['clients/', 'clients/a.jpg', 'clients/a/b/c.jpg'], ['clients', 'other/clients/a.jpg']],
    ['**/raw/**', ['raw/a.jpg', 'a/raw/b.jpg', 'a/b/raw/c/d.jpg'], ['raw', 'draw/a.jpg', 'a/raws/b.jpg']],
    ['**/*.jpg', ['a.jpg', 'a/b/c.jpg'], ['a.png']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/xb', 'ab']],
    ['a**b', ['ab', 'a/x/b'], ['a/x']],
    ['**', ['', 'a', 'a/b'], []],
    ['IMG_????.jpg', ['IMG_0001.jpg', 'IMG_grüß.jpg', 'IMG_📷📷📷📷.jpg'], ['IMG_001.jpg', 'IMG_00/1.jpg']],
    ['\\*\\?\\\\.jpg', ['*?\\.jpg'], ['a?\\.jpg', '**\\.jpg']],
    ['a+(b).^$|[c].jpg'.replace('[c]', '\\[c\\]'), ['a+(b).^$|[c].jpg'], ['aa(b).^$|[c].jpg', 'a+(b)x^$|[c].jpg']],
    ['a\nb*', ['a\nb', 'a\nb\nc'], ['a b']],
  ])('%j', (glob, matches, rejects) => {
    expect(matches.filter((key) => !matchesGlob(glob, key))).toEqual([]);
    expect(rejects.filter((key) => matchesGlob(glob, key))).toEqual([]);
  });

  test('matches what a regular expression of the same meaning matches', () => {
    const pieces = fc.constantFrom('a', 'b', '/', '*', '**', '**/', '?');
    const globs = fc.array(pieces, { maxLength: 6 }).map((all) => all.join(''));
    const keys = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 }).map((all) => all.join(''));
    fc.assert(
      fc.property(globs, keys, (glob, key) => {
        expect(matchesGlob(glob, key)).toBe(asExpression(glob).test(key));
      }),
      { numRuns: 5_000 },
    );
  });

  test('matches a hostile key of 1,024 bytes instantly; a regular expression takes hours', () => {
    const started = performance.now();

    expect(matchesGlob(`${'*a'.repeat(40)}*b`, 'a'.repeat(1024))).toBe(false);
    expect(matchesGlob(`${'**/a/'.repeat(30)}b`, 'a/'.repeat(512))).toBe(false);
    // Milliseconds; a minute is for a busy machine.
    expect(performance.now() - started).toBeLessThan(60_000);
  });
});

/** Translates a glob naively; slow for long keys. */
function asExpression(glob: string): RegExp {
  const source = glob.replaceAll(/(?<=^|\/)(?:\*\*\/)+|\*{2,}|\*|\?/g, (wildcard) => {
    if (wildcard.endsWith('/')) return '(?:.*/)?';
    return wildcard === '?' ? '[^/]' : wildcard === '*' ? '[^/]*' : '.*';
  });
  return new RegExp(`^${source}$`, 's');
}

test.each<[glob: string, prefix: string, can: boolean]>([
  ['*.jpg', '', true],
  ['*.jpg', 'uploads/', false],
  ['**/*.jpg', 'uploads/', true],
  ['uploads/raw/*', 'uploads/', true],
  ['up*/raw/*', 'uploads/', true],
  ['raw/**', 'uploads/', false],
  ['uploads', 'uploads/', false],
])('the glob %s, under the prefix %j: %s', (glob, prefix, can) => {
  expect(canMatchUnder(glob, prefix)).toBe(can);
});
