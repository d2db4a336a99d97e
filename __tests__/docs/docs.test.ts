import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PRESET_NAMES, PRESETS } from '../../config/presets.ts';
import { parseSettings } from '../../config/settings.ts';
import { documentedCommands, PAGES, PROOFS } from './documented-commands.ts';

function textOf(page: string): string {
  return readFileSync(page, 'utf8');
}

/** Returns the anchors that GitHub generates for the headings of a page. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(PAGES)('%s', (page) => {
  test('has no broken links', () => {
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

  test.each(rows.filter(([path]) => /[a-z]/.test(path)))('states the real default of %s', (path, value) => {
    const preset = PRESETS['image-metadata']();
    const settings: unknown = parseSettings({ ...preset, trigger: {}, limits: {}, function: { ...preset.function, memoryMb: 1024 } });

    const actual = path.split('.').reduce<unknown>((inner, step) => Reflect.get(Object(inner), step), settings);

    expect(JSON.stringify(actual)).toBe(value);
  });

  test('takes its performance figures from docs/performance.md', () => {
    const figures = textOf('README.md').match(/<!-- figures -->\n(.*?)<!-- \/figures -->/s)?.[1] ?? '';
    const rows = figures.split('\n').filter((line) => /^\|.+\d/.test(line));

    expect(rows.length).toBeGreaterThan(4);
    expect(rows.filter((row) => !textOf('docs/performance.md').includes(row))).toEqual([]);
  });

  test('lists every preset', () => {
    for (const preset of PRESET_NAMES) expect(textOf('README.md')).toContain(preset);
  });
});

describe('Documented commands', () => {
  const commands = documentedCommands().map(({ text }) => text);
  const proved = commands.flatMap((command) => {
    const proof = PROOFS[command];
    return proof === undefined ? [] : [{ command, proof }];
  });

  test('all have a proof, and every proof belongs to a documented command', () => {
    expect(Object.keys(PROOFS).toSorted()).toEqual(commands.toSorted());
  });

  const inCi = proved.flatMap(({ command, proof }) => (proof.by === '.ci/run' ? [{ command, step: proof.step }] : []));
  test.each(inCi)('`$command` is run by .ci/run', ({ step }) => {
    expect(textOf('.ci/run')).toMatch(new RegExp(`^(step|tests) '.+' ${step}( |$)`, 'm'));
  });
});
