import { describe, expect, test } from '@jest/globals';
import { checkRenditions, lacksRenditions } from '../../../cli/photos/renditions.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { handlerSettings } from '../../../config/handler-settings.ts';
import { recipeHash } from '../../../lambda-src/contract/recipe.ts';
import type { RenditionHead } from '../../../lambda-src/ports.ts';

const resources = { uploadBucket: 'uploads', outputBucket: 'renditions', tableName: 'ledger', topicArn: 'arn' };
const settings = handlerSettings(deploymentOf('photo-sharing', 'dev', 'x86_64'), resources);
const current: RenditionHead = { etag: 'e1', sequencer: '0055', versionId: 'v1', recipeHash: recipeHash(settings.recipe) };

async function verdictOn(found: RenditionHead | undefined, versionId: string | undefined = 'v1') {
  const renditions = await checkRenditions({ settings, rendition: async () => found }, 'photo.jpg', versionId);
  return { verdict: renditions[0]?.verdict, lacking: lacksRenditions(renditions) };
}

describe('a rendition', () => {
  test.each([
    ['made from this version with the current settings', current, { verdict: 'current', lacking: false }],
    ['that is missing', undefined, { verdict: 'missing', lacking: true }],
    ['made from another version', { ...current, versionId: 'v0' }, { verdict: 'otherVersion', lacking: true }],
    ['made with other settings', { ...current, recipeHash: 'another' }, { verdict: 'otherRecipe', lacking: false }],
    ['that something else wrote', { etag: 'e1', sequencer: '' }, { verdict: 'foreign', lacking: true }],
  ] as const)('%s', async (_what, found, expected) => {
    expect(await verdictOn(found)).toEqual(expected);
  });

  test('in a bucket without versions is taken for the current one', async () => {
    expect(await verdictOn({ ...current, versionId: undefined })).toMatchObject({ verdict: 'current' });
    const renditions = await checkRenditions({ settings, rendition: async () => current }, 'photo.jpg', undefined);
    expect(renditions).toEqual([{ name: 'resized', key: 'resized/photo.jpg', verdict: 'current', madeFrom: 'v1' }]);
  });
});
