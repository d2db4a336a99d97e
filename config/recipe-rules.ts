import { manifestPrefix, type Rendition } from '../lambda-src/contract/recipe.ts';
import { mayCollide, templateFault } from './rendition-keys.ts';
import type { Rule } from './settings-rules.ts';
import type { SettingsFields } from './settings-shape.ts';
import { watermarkFault } from './watermark.ts';

const PATH = ['recipe', 'renditions'];

/** A rule about each rendition alone; `fault` completes "the rendition "x" …". */
function eachRendition(fault: (rendition: Rendition, recipe: SettingsFields['recipe']) => string | undefined): Rule {
  const faults = ({ recipe }: SettingsFields): string[] =>
    recipe.renditions.flatMap((rendition) => {
      const found = fault(rendition, recipe);
      return found === undefined ? [] : [`has a rendition ${JSON.stringify(rendition.name)} ${found}`];
    });
  return { path: PATH, broken: (settings) => faults(settings).length > 0, message: (settings) => faults(settings)[0] ?? '' };
}

const overlaps = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);

function collision({ recipe: { renditions } }: SettingsFields): [Rendition, Rendition] | undefined {
  for (const [index, one] of renditions.entries()) {
    const other = renditions.slice(index + 1).find((later) => one.name === later.name || mayCollide(one, later));
    if (other !== undefined) return [one, other];
  }
  return undefined;
}

/** Returns a rendition that could have the key of a manifest. */
function sharesKeysWithManifests(recipe: SettingsFields['recipe']): Rendition | undefined {
  const prefix = manifestPrefix(recipe);
  if (prefix === undefined) return undefined;
  const manifest = { name: 'manifest', prefix, key: '{prefix}{key}.json', width: 0, height: 0, format: 'jpeg' } as const;
  return recipe.renditions.find((rendition) => mayCollide(rendition, manifest));
}

/** Rules about the renditions and their manifest. */
export const RECIPE_RULES: readonly Rule[] = [
  {
    path: PATH,
    broken: ({ outputBucket, recipe, trigger }) =>
      outputBucket === null && recipe.renditions.some((r) => overlaps(r.prefix, trigger.prefix)),
    message: ({ trigger }) =>
      `has a prefix that overlaps \`trigger.prefix\` (${JSON.stringify(trigger.prefix)}) in the same bucket, so every rendition would trigger the function again; set \`outputBucket\` or use prefixes that do not overlap`,
  },
  {
    path: PATH,
    broken: (settings) => collision(settings) !== undefined,
    message: (settings) =>
      `must each have a unique name and keys of their own, but ${collision(settings)
        ?.map(({ name }) => JSON.stringify(name))
        .join(' and ')} do not: give them prefixes of which none begins with another, or key templates that end differently`,
  },
  eachRendition((rendition) => {
    const fault = templateFault(rendition);
    return fault && `whose \`key\` ${fault} (${JSON.stringify(rendition.key)})`;
  }),
  eachRendition(({ position, fit }) =>
    position !== undefined && fit !== 'cover' ? 'with a `position`, which only the `fit` "cover" uses' : undefined,
  ),
  eachRendition(({ background, format }) =>
    background === 'transparent' && format === 'jpeg'
      ? 'with a transparent `background`, which the `format` "jpeg" does not have'
      : undefined,
  ),
  {
    path: ['recipe', 'manifest'],
    broken: ({ recipe }) => recipe.manifest === true && recipe.renditions.length === 0,
    message: () => 'must be false or omitted when `recipe.renditions` is empty, because there is nothing to list',
  },
  {
    path: ['recipe', 'manifestPrefix'],
    broken: ({ recipe }) => recipe.manifest !== true && recipe.manifestPrefix !== undefined,
    message: () => 'must be omitted unless `recipe.manifest` is true',
  },
  {
    path: ['recipe', 'manifest'],
    broken: ({ outputBucket, recipe, trigger }) => {
      const prefix = manifestPrefix(recipe);
      return outputBucket === null && prefix !== undefined && overlaps(prefix, trigger.prefix);
    },
    message: ({ recipe, trigger }) =>
      `would store manifests under ${JSON.stringify(manifestPrefix(recipe))}, which overlaps \`trigger.prefix\` (${JSON.stringify(trigger.prefix)}) in the same bucket, so every manifest would trigger the function again; set \`outputBucket\` or another \`recipe.manifestPrefix\``,
  },
  {
    path: ['recipe', 'manifest'],
    broken: ({ recipe }) => sharesKeysWithManifests(recipe) !== undefined,
    message: ({ recipe }) =>
      `could store a manifest under the key of a rendition ${JSON.stringify(sharesKeysWithManifests(recipe)?.name)}; set a \`recipe.manifestPrefix\` (${JSON.stringify(manifestPrefix(recipe))}) that no prefix of a rendition begins with, or is the beginning of`,
  },
  eachRendition(({ animated, format }) =>
    animated && format !== 'webp' && format !== 'same'
      ? `that is \`animated\`, which the \`format\` "${format}" cannot be; use "webp" or "same"`
      : undefined,
  ),
  eachRendition(({ watermark }, recipe) =>
    watermark && recipe.watermark === undefined ? 'with a `watermark`, but `recipe.watermark` does not say which' : undefined,
  ),
  {
    path: ['recipe', 'watermark'],
    broken: ({ recipe }) => recipe.watermark !== undefined && !recipe.renditions.some(({ watermark }) => watermark),
    message: () => 'is on no rendition: set `watermark: true` on those that it belongs on',
  },
  {
    path: ['recipe', 'watermark', 'digest'],
    broken: ({ recipe }) => recipe.watermark?.digest !== undefined,
    message: () => 'must be omitted, because synthesis computes it from the file',
  },
  {
    path: ['recipe', 'watermark', 'file'],
    broken: ({ recipe }) => recipe.watermark !== undefined && watermarkFault(recipe.watermark.file) !== undefined,
    message: ({ recipe }) => watermarkFault(recipe.watermark?.file ?? '') ?? '',
  },
];
