import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PRESET_NAMES, PRESETS } from '../../config/presets.ts';
import { parseSettings } from '../../config/settings.ts';

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

function textOf(page: string): string {
  return readFileSync(page, 'utf8');
}

/** The anchors GitHub gives the headings of a page. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(PAGES)('%s', (page) => {
  test('links to what is there', () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });

    expect(broken).toEqual([]);
  });

  test('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...textOf(page).matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script = '']) => script);

    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});

describe('README.md', () => {
  const rows = [...textOf('README.md').matchAll(/^\| `([\w.]+)` \| `([^`]+)` \| .+\|$/gm)].map(
    ([, path = '', value = '']) => [path, value] as const,
  );

  test('has a table of settings', () => {
    expect(rows.map(([path]) => path)).toContain('limits.maxBytes');
  });

  test.each(rows.filter(([path]) => /[a-z]/.test(path)))('says the real default of %s', (path, value) => {
    const settings: unknown = parseSettings({ ...PRESETS['image-metadata'](), trigger: {}, limits: {} });

    const actual = path.split('.').reduce<unknown>((inner, step) => Reflect.get(Object(inner), step), settings);

    expect(JSON.stringify(actual)).toBe(value);
  });

  test('lists every preset', () => {
    for (const preset of PRESET_NAMES) expect(textOf('README.md')).toContain(preset);
  });
});
