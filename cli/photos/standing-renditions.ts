import { recipeHash, renditionKey } from '../../lambda-src/contract/recipe.ts';
import type { RenditionHead } from '../../lambda-src/ports.ts';
import type { PhotoStores } from './photo-stores.ts';

/** What stands under the key of a rendition, compared with what should. */
type RenditionVerdict =
  /** Made from this version with the settings of now. */
  | 'current'
  | 'missing'
  | 'otherVersion'
  | 'otherRecipe'
  /** Not written by this pipeline. */
  | 'foreign';

export interface StandingRendition {
  readonly name: string;
  readonly key: string;
  readonly verdict: RenditionVerdict;
  /** Version of the original that it was made from. */
  readonly madeFrom?: string | undefined;
}

/** Heads every rendition that the recipe makes of a key. */
export async function standingRenditions(
  stores: Pick<PhotoStores, 'settings' | 'rendition'>,
  key: string,
  versionId: string | undefined,
): Promise<StandingRendition[]> {
  const { recipe } = stores.settings;
  const wanted = { versionId, recipeHash: recipeHash(recipe) };
  return Promise.all(
    recipe.renditions.map(async (rendition) => {
      const standing = await stores.rendition(renditionKey(rendition, key));
      const verdict = renditionVerdict(standing, wanted);
      return { name: rendition.name, key: renditionKey(rendition, key), verdict, madeFrom: standing?.versionId };
    }),
  );
}

function renditionVerdict(
  standing: RenditionHead | undefined,
  wanted: { readonly versionId: string | undefined; readonly recipeHash: string },
): RenditionVerdict {
  if (standing === undefined) return 'missing';
  if (standing.recipeHash === undefined) return 'foreign';
  // Without versions on both sides nobody can tell.
  const isOther = standing.versionId !== undefined && wanted.versionId !== undefined && standing.versionId !== wanted.versionId;
  if (isOther) return 'otherVersion';
  return standing.recipeHash === wanted.recipeHash ? 'current' : 'otherRecipe';
}

/** Whether a photo that is recorded as processed lacks what it should have; renditions with other settings are no fault. */
export function lacksRenditions(renditions: readonly StandingRendition[]): boolean {
  return renditions.some(({ verdict }) => verdict === 'missing' || verdict === 'otherVersion' || verdict === 'foreign');
}
