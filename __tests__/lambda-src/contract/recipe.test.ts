import { describe, expect, test } from '@jest/globals';
import { type Recipe, type Rendition, recipeHash, recipeSchema } from '../../../lambda-src/contract/recipe.ts';

function recipe(different: object = {}, background = '#ffffff'): Recipe {
  const plain = { name: 'web', prefix: 'web/', width: 1024, height: 768 };
  return recipeSchema.parse({ renditions: [{ ...plain, ...different }], background });
}

/** A different value for every option of a rendition. */
const OTHERS: Rendition = {
  name: 'tiny',
  prefix: 'tiny/',
  width: 1025,
  height: 767,
  fit: 'cover',
  format: 'webp',
  quality: 89,
};

describe('the hash of a recipe', () => {
  test('never changes between releases, or the next backfill would render every photo again', () => {
    expect(recipeHash(recipe())).toBe('6e67afba378061f9');
  });

  test.each(Object.entries(OTHERS))('depends on the %s', (option, value) => {
    expect(recipeHash(recipe({ [option]: value }))).not.toBe(recipeHash(recipe()));
  });

  test('depends on the background, but not on its letter case', () => {
    expect(recipeHash(recipe({}, '#ABCDEF'))).not.toBe(recipeHash(recipe()));
    expect(recipeHash(recipe({}, '#ABCDEF'))).toBe(recipeHash(recipe({}, '#abcdef')));
  });
});
