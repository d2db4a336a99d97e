import { readFileSync } from 'node:fs';
import { PRESETS } from '../../config/presets.ts';
import { responsiveSet } from '../../config/responsive-set.ts';
import { type PipelineSettings, parseSettings } from '../../config/settings.ts';

/** A worked example of docs/recipes.md. */
export interface Recipe {
  readonly heading: string;
  /** The settings block, as printed. */
  readonly settings: string;
  /** The lines of the results block, with single spaces. */
  readonly results: readonly string[];
}

/** Reads the recipes of the page: the sections with a settings block, followed by a results block. */
export function recipes(): Recipe[] {
  const page = readFileSync('docs/recipes.md', 'utf8');
  return page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = ''] = section.split('\n');
      const block = (language: string): string => {
        const found = section.match(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms'))?.[1];
        if (found === undefined) throw new Error(`the recipe "${heading}" has no block of ${language}`);
        return found;
      };
      return { heading, settings: block('ts'), results: block('text').trimEnd().split('\n').map(withSingleSpaces) };
    });
}

function withSingleSpaces(line: string): string {
  return line.startsWith(' ') ? `  ${line.trim().replaceAll(/\s+/g, ' ')}` : line.replaceAll(/\s+/g, ' ');
}

/** Returns the keys of the uploads that the results block shows. */
export function uploadsOf({ results }: Recipe): string[] {
  return results.filter((line) => !line.startsWith(' ')).map((line) => line.split(' ')[0] ?? '');
}

/** Evaluates the settings block as config/deployments.ts would. */
export function settingsOf({ settings, heading }: Recipe): PipelineSettings {
  const overrides: unknown = new Function('responsiveSet', `return {${settings}}`)(responsiveSet);
  const [entry] = Object.entries(Object(overrides));
  if (entry === undefined || typeof entry[1] !== 'function') throw new Error(`the recipe "${heading}" is not an entry of OVERRIDES`);
  const preset = Object.entries(PRESETS).find(([name]) => name === entry[0])?.[1];
  return parseSettings({ ...preset?.('dev'), ...entry[1]('dev') });
}
