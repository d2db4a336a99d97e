import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deploymentOf } from '../../config/deployments.ts';
import { handlerSettings } from '../../config/handler-settings.ts';
import { PRESET_NAMES } from '../../config/presets.ts';
import {
  EnvironmentError,
  fromEnvironment,
  type HandlerSettings,
  PUBLICATIONS,
  toEnvironment,
} from '../../lambda-src/contract/environment.ts';
import { RENDITION_FORMATS } from '../../lambda-src/contract/recipe.ts';

const RESOURCES = {
  uploadBucket: 'uploads',
  outputBucket: 'renditions',
  tableName: 'records',
  topicArn: 'arn:aws:sns:us-east-1:123456789012:news',
};

describe('handlerSettings', () => {
  test.each(PRESET_NAMES)('of %s survive the round trip through the environment', (preset) => {
    const settings = deploymentOf(preset, 'dev', 'arm64');

    const handed = handlerSettings(settings, { ...RESOURCES, outputBucket: settings.outputBucket === null ? undefined : 'renditions' });

    expect(fromEnvironment(toEnvironment(handed))).toEqual(handed);
    expect(handed).toMatchObject({ preset, leaseSeconds: 90, maxBytes: 25_000_000, publish: settings.notifications.publish });
  });

  test('use the upload bucket for renditions if there is no output bucket', () => {
    const settings = { ...deploymentOf('upload-processing', 'dev', 'arm64'), outputBucket: null };

    expect(handlerSettings(settings, { ...RESOURCES, outputBucket: undefined }).outputBucket).toBe('uploads');
  });

  test('have no bucket for renditions if nothing is rendered', () => {
    expect(handlerSettings(deploymentOf('image-metadata', 'dev', 'arm64'), RESOURCES).outputBucket).toBeUndefined();
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const prefix = fc.stringMatching(/^([A-Za-z0-9!_.'()-]{1,8}\/){0,3}$/);
const suffix = fc.stringMatching(/^\.[a-z0-9]{1,8}$/);
const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const side = fc.integer({ min: 100, max: 4096 });

const rendition = fc.record(
  {
    name,
    prefix,
    width: side,
    height: side,
    fit: fc.constantFrom('inside' as const, 'cover' as const, 'contain' as const),
    format: fc.constantFrom(...RENDITION_FORMATS),
    quality: fc.integer({ min: 1, max: 100 }),
    key: fc.constantFrom('{prefix}{key}.{ext}', '{prefix}{dir}/{name}-{hash}'),
    position: fc.constantFrom('centre' as const, 'attention' as const, 'entropy' as const, 'focal' as const),
    background: fc.constantFrom('#00ff00', 'transparent'),
    sharpen: fc.double({ min: 0.3, max: 10, noNaN: true }),
    cacheControl: fc.constantFrom('no-store', 'public, max-age=60'),
    contentDisposition: fc.constantFrom('inline', 'attachment; {filename}'),
    storageClass: fc.constantFrom('STANDARD_IA' as const, 'GLACIER_IR' as const),
    watermark: fc.boolean(),
    animated: fc.boolean(),
    tags: fc.dictionary(name, fc.stringMatching(/^[a-z =+@]{0,20}$/), { maxKeys: 10 }),
  },
  { requiredKeys: ['name', 'prefix', 'width', 'height', 'fit', 'format', 'quality'] },
);

const anySettings: fc.Arbitrary<HandlerSettings> = fc.record({
  preset: name,
  uploadBucket: name,
  triggerPrefix: prefix,
  triggerSuffixes: fc.array(suffix, { maxLength: 8 }),
  triggerInclude: fc.array(fc.string(), { maxLength: 3 }),
  triggerExclude: fc.array(fc.string(), { maxLength: 3 }),
  outputBucket: name,
  tableName: name,
  partitionKey: name,
  topicArn: name,
  publish: fc.subarray([...PUBLICATIONS]),
  recipe: fc.record(
    {
      renditions: fc.array(rendition, { maxLength: 10 }),
      background: fc.stringMatching(/^#[0-9a-fA-F]{6}$/),
      watermark: fc.record({
        file: name,
        digest: fc.stringMatching(/^[0-9a-f]{32}$/),
        gravity: fc.constantFrom('centre' as const, 'northwest' as const),
        opacity: fc.double({ min: 0.05, max: 1, noNaN: true }),
        scale: fc.double({ min: 0.01, max: 1, noNaN: true }),
      }),
    },
    { requiredKeys: ['renditions', 'background'] },
  ),
  maxBytes: count,
  maxPixels: count,
  maxAvifPixels: count,
  maxHeicPixels: fc.option(count, { nil: undefined }),
  leaseSeconds: count,
  deletePropagation: fc.boolean(),
  tagFailed: fc.boolean(),
  quarantinePrefix: fc.option(fc.constantFrom('quarantine/', 'a/b/'), { nil: undefined }),
});

describe('toEnvironment and fromEnvironment', () => {
  test('are inverse for all handler settings', () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        expect(fromEnvironment(toEnvironment(settings))).toEqual(settings);
      }),
    );
  });

  test('accept the box of a rendition as text from Terraform', () => {
    const settings = handlerSettings(deploymentOf('photo-sharing', 'dev', 'arm64'), RESOURCES);
    const [first, ...rest] = settings.recipe.renditions;
    if (first === undefined) throw new Error('photo-sharing has a rendition');
    const box = { width: '${var.image_max_width}', height: '${var.image_max_height}' };

    const planned = toEnvironment({ ...settings, recipe: { ...settings.recipe, renditions: [{ ...first, ...box }, ...rest] } });
    const applied = {
      ...planned,
      RENDITIONS: planned.RENDITIONS?.replace('${var.image_max_width}', '800').replace('${var.image_max_height}', '600'),
    };

    expect(fromEnvironment(applied).recipe.renditions[0]).toEqual({ ...first, width: 800, height: 600 });
  });

  test('reject an environment with a missing variable and name it', () => {
    const complete = toEnvironment(handlerSettings(deploymentOf('photo-sharing', 'dev', 'arm64'), RESOURCES));

    for (const variable of Object.keys(complete)) {
      const attempt = () => fromEnvironment({ ...complete, [variable]: undefined });
      expect(attempt).toThrow(EnvironmentError);
      expect(attempt).toThrow(`${variable} is missing`);
    }
  });
});
