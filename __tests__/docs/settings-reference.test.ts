import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { presetValues, settingRows, settingsPage } from '../../docs/settings-reference.ts';

describe('The settings reference', () => {
  const rows = settingRows();
  const row = (path: string) => rows.find((candidate) => candidate.path === path);

  test('is up to date (npm run settings-reference)', () => {
    expect(readFileSync('docs/settings.md', 'utf8')).toBe(`${settingsPage()}\n`);
  });

  test('states the type, range, default and meaning of a setting', () => {
    expect(row('recipe.renditions[].quality')).toMatchObject({
      type: 'whole number, 1–100',
      default: '`90`',
      meaning: expect.stringContaining('Encoder quality'),
    });
  });

  test('describes lists, groups, fixed words, text in a form and optional settings', () => {
    expect(row('trigger.suffixes')?.type).toBe('list, at most 10 of: a lower-case file extension, such as ".jpg"');
    expect(row('runtime')?.type).toBe('`nodejs22.x`, `nodejs24.x`');
    expect(row('outputBucket')?.type).toBe('like `uploadBucket` or `null`');
    expect(row('imagesPerDay')?.default).toBe('required');
    expect(row('function.leaseSeconds')?.default).toBe('the timeout plus 30 seconds');
  });

  test('explains a default in the words of the comment', () => {
    expect(row('limits.maxBytes')?.default).toBe('`25000000` (25 MB)');
    expect(row('trigger.prefix')).toMatchObject({ default: '`""` (all)', meaning: 'Only keys under this prefix are processed.' });
  });

  test('lists the fields of a kind of setting once', () => {
    expect(row('alarms.errors.threshold')).toBeDefined();
    expect(row('alarms.deadLetterAge')).toMatchObject({ type: 'like `alarms.errors`', default: '`{"threshold":86400}` (a day)' });
    expect(row('alarms.deadLetterAge.threshold')).toBeUndefined();
  });

  test('has a meaning for every setting, from its doc comment', () => {
    expect(rows.filter(({ meaning }) => meaning === '').map(({ path }) => path)).toEqual([]);
  });

  test('finds no doc comment that states another default than the schema', () => {
    const literal = rows.filter(
      ({ statedDefault = '', default: value }) => /^(\d+|-\d+|true|false|`[^` ]+`)$/.test(statedDefault) && value.startsWith('`'),
    );

    expect(literal.length).toBeGreaterThan(10);
    expect(literal.filter(({ default: value }) => value.includes('('))).toEqual([]);
  });

  test('has the values of every preset, also where they differ in production', () => {
    const values = (path: string) => presetValues().find((candidate) => candidate.path === path)?.values;

    expect(values('function.memoryMb')).toEqual(['`1024`', '`1024`', '`512`', '`512`']);
    expect(values('function.logRetentionDays')).toEqual(['`30`', '`14`; prod: `90`', '`7`', '`30`']);
    expect(values('recipe.renditions[].width')).toEqual(['`1024`', '`256`', '`1920`', '']);
  });
});
