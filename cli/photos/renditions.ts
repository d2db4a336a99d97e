import { recipeHash } from '../../lambda-src/contract/recipe.ts';
import { outputsOf } from '../../lambda-src/contract/rendition-key.ts';
import type { RenditionHead } from '../../lambda-src/ports.ts';
import type { PhotoStores } from './photo-stores.ts';

/** What is in the output bucket under the key of a rendition. */
type RenditionVerdict =
  /** The rendition of this version, made with the current settings. */
  | 'current'
  | 'missing'
  | 'otherVersion'
  | 'otherRecipe'
  /** Not written by this pipeline. */
  | 'foreign';

export interface CheckedRendition {
  readonly name: string;
  readonly key: string;
  readonly verdict: RenditionVerdict;
  /** Version of the original that it was made from. */
  readonly madeFrom?: string | undefined;
}

/** Heads every rendition of a key, and its manifest if the recipe has one, and compares it with the expected one. */
export async function checkRenditions(
  stores: Pick<PhotoStores, 'settings' | 'rendition'>,
  key: string,
  versionId: string | undefined,
): Promise<CheckedRendition[]> {
  const { recipe } = stores.settings;
  const expected = { versionId, recipeHash: recipeHash(recipe) };
  return Promise.all(
    outputsOf(recipe, key).map(async (output) => {
      const found = await stores.rendition(output.key);
      const verdict = renditionVerdict(found, expected);
      return { name: output.name, key: output.key, verdict, madeFrom: found?.versionId };
    }),
  );
}

function renditionVerdict(
  found: RenditionHead | undefined,
  expected: { readonly versionId: string | undefined; readonly recipeHash: string },
): RenditionVerdict {
  if (found === undefined) return 'missing';
  if (found.recipeHash === undefined) return 'foreign';
  // In a bucket without versions, the rendition is assumed to be of the current upload.
  const isOther = found.versionId !== undefined && expected.versionId !== undefined && found.versionId !== expected.versionId;
  if (isOther) return 'otherVersion';
  return found.recipeHash === expected.recipeHash ? 'current' : 'otherRecipe';
}

/** Whether a processed photo lacks a rendition. One made with other settings is not a fault. */
export function lacksRenditions(renditions: readonly CheckedRendition[]): boolean {
  return renditions.some(({ verdict }) => verdict === 'missing' || verdict === 'otherVersion' || verdict === 'foreign');
}
