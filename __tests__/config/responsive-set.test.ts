import { describe, expect, test } from '@jest/globals';
import { responsiveSet } from '../../config/responsive-set.ts';
import { recipeSchema } from '../../lambda-src/contract/recipe.ts';
import { renditionKey } from '../../lambda-src/contract/rendition-key.ts';
import { complaint, settingsWith } from './minimal-settings.ts';

const keysOf = (renditions: ReturnType<typeof responsiveSet>): string[] =>
  recipeSchema.parse({ renditions }).renditions.map((rendition) => renditionKey(rendition, 'holiday/beach.jpg'));

describe('a responsive set', () => {
  test('is every width in every format, with unique names and keys', () => {
    const set = responsiveSet({ name: 'photo', widths: [320, 640], formats: ['avif', 'jpeg'] });
    expect(set.map(({ name }) => name)).toEqual(['photo-320-avif', 'photo-320-jpeg', 'photo-640-avif', 'photo-640-jpeg']);
    expect(keysOf(set)).toEqual([
      'photo/holiday/beach.jpg/320.avif',
      'photo/holiday/beach.jpg/320.jpg',
      'photo/holiday/beach.jpg/640.avif',
      'photo/holiday/beach.jpg/640.jpg',
    ]);
  });

  test('has three formats, each with its own quality, in the shape of the original by default', () => {
    expect(responsiveSet({ name: 'photo', widths: [320] })).toMatchObject([
      { format: 'avif', quality: 60, width: 320, height: 640, fit: 'inside' },
      { format: 'webp', quality: 80, width: 320, height: 640, fit: 'inside' },
      { format: 'jpeg', quality: 85, width: 320, height: 640, fit: 'inside' },
    ]);
    expect(responsiveSet({ name: 'photo', widths: [4096], formats: ['webp'], quality: { webp: 70 } })).toMatchObject([
      { width: 4096, height: 4096, quality: 70 },
    ]);
  });

  test('crops to an aspect ratio', () => {
    expect(responsiveSet({ name: 'card', widths: [320], formats: ['webp'], aspectRatio: 16 / 9, position: 'attention' })).toMatchObject([
      { width: 320, height: 180, fit: 'cover', position: 'attention' },
    ]);
  });

  test('applies the other options to all', () => {
    const set = responsiveSet({ name: 'photo', widths: [320, 640], sharpen: 0.5, cacheControl: 'public, max-age=31536000' });
    expect(set.every(({ sharpen, cacheControl }) => sharpen === 0.5 && cacheControl === 'public, max-age=31536000')).toBe(true);
  });

  test('is accepted in the settings, next to another', () => {
    const renditions = [
      ...responsiveSet({ name: 'photo', widths: [320, 640, 960, 1280, 1920], formats: ['webp', 'jpeg'] }),
      ...responsiveSet({ name: 'card', widths: [160, 320], formats: ['avif', 'webp', 'jpeg'], aspectRatio: 1 }),
    ];
    expect(complaint(settingsWith({ 'recipe.renditions': renditions }))).toBe('');
  });

  test.each([
    ['a width twice', { widths: [320, 320] }, 'must each have a unique name'],
    ['a width that is too small', { widths: [50] }, '`recipe.renditions.0.width`'],
    ['a name that is too long', { name: 'a'.repeat(30), widths: [320] }, '`recipe.renditions.0.name`'],
    ['an aspect ratio that makes the pictures too low', { widths: [320], aspectRatio: 8 }, '`recipe.renditions.0.height`'],
  ])('is rejected for %s', (_what, changes, message) => {
    expect(complaint(settingsWith({ 'recipe.renditions': responsiveSet({ name: 'photo', ...changes }) }))).toContain(message);
  });
});
