import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { MANIFEST_JSON_SCHEMA } from '../../docs/manifest-schema.ts';
import { type Manifest, manifestSchema } from '../../lambda-src/contract/manifest.ts';
import { recipeHash, recipeSchema } from '../../lambda-src/contract/recipe.ts';
import { changed } from '../explorer/changed.ts';
import { MemoryPipeline, SETTINGS, statuses } from '../in-memory/pipeline.ts';

const RECIPE = { ...SETTINGS.recipe, manifest: true };

function pipelineWith(settings: ConstructorParameters<typeof MemoryPipeline>[0] = {}): MemoryPipeline {
  return new MemoryPipeline({ recipe: RECIPE, ...settings });
}

/** Returns the manifest of a photo as a reader parses it; fails if it does not satisfy the schema, or has fields that the schema lacks. */
function manifest(pipeline: MemoryPipeline, key = 'cat.jpg', prefix = 'manifests/'): Manifest | undefined {
  const bytes = pipeline.renditions.bytes(`${prefix}${key}.json`);
  if (bytes === undefined) return undefined;
  const parsed = manifestSchema.parse(JSON.parse(bytes.toString()));
  expect(parsed).toEqual(JSON.parse(bytes.toString()));
  return parsed;
}

/** Makes a pipeline that lists every object it stores. */
function pipelineRecording(puts: unknown[]): MemoryPipeline {
  return new MemoryPipeline({ recipe: RECIPE }, ({ renditions }) => ({
    renditions: changed(renditions, {
      put: async (upload) => {
        puts.push(upload);
        return renditions.put(upload);
      },
    }),
  }));
}

/** Puts every object that is stored on a list. */
function recorded(keys: string[]): ConstructorParameters<typeof MemoryPipeline>[1] {
  return ({ renditions }) => ({
    renditions: changed(renditions, {
      put: async (upload) => {
        keys.push(upload.key);
        return renditions.put(upload);
      },
    }),
  });
}

describe('The manifest of a photo', () => {
  test('lists its renditions with their hash, and describes its version', async () => {
    const pipeline = pipelineWith();
    await pipeline.invoke([pipeline.upload('cat.jpg', 'cat')]);

    expect(manifest(pipeline)).toEqual({
      version: 1,
      status: 'processed',
      key: 'cat.jpg',
      versionId: 'v1',
      picture: {
        ...{ versionId: 'v1', width: 1, height: 1, aspectRatio: 1, averageColour: '#000000' },
        renditions: [
          {
            ...{ name: 'small', key: 'small/cat.jpg', hash: '1b53864ff0c4b9f0', href: 'small/cat.jpg?v=1b53864ff0c4b9f0' },
            ...{ width: 1, height: 1, format: 'jpeg', type: 'image/jpeg', bytes: 9 },
          },
        ],
      },
    });
  });

  test('is the example of docs/manifests.md', async () => {
    const page = readFileSync('docs/manifests.md', 'utf8');
    const example: unknown = JSON.parse(page.match(/^```json\n(.*?)^```$/ms)?.[1] ?? '');
    const recipe = recipeSchema.parse({
      manifest: true,
      renditions: [
        { name: 'photo-640-webp', prefix: 'photo/', key: '{prefix}{key}/{width}.{ext}', width: 640, height: 640, format: 'webp' },
      ],
    });
    const pipeline = new MemoryPipeline({ recipe }, () => ({
      render: async () => ({
        facts: { width: 4032, height: 3024, format: 'jpeg', thumbHash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', averageColour: '#7d8a94' },
        renditions: recipe.renditions.map((rendition) => ({
          ...{
            rendition,
            body: Buffer.from('the picture, encoded as WebP: '),
            contentType: 'image/webp',
            format: 'webp',
            width: 640,
            height: 480,
          },
        })),
      }),
    }));
    await pipeline.invoke([pipeline.upload('holiday/beach.jpg', 'beach')]);

    expect(manifest(pipeline, 'holiday/beach.jpg')).toEqual(example);
  });

  test('has the JSON Schema of docs/manifest.schema.json (npm run manifest-schema)', () => {
    expect(JSON.parse(readFileSync('docs/manifest.schema.json', 'utf8'))).toEqual(MANIFEST_JSON_SCHEMA);
  });

  test('is written after the renditions and carries their metadata, so that the same compare-and-swap protects it', async () => {
    const order: string[] = [];
    const pipeline = new MemoryPipeline({ recipe: RECIPE }, recorded(order));
    await pipeline.invoke([pipeline.upload('cat.jpg', 'cat', { photographer: 'somebody' })]);

    expect(order).toEqual(['small/cat.jpg', 'manifests/cat.jpg.json']);
    const [rendition, stored] = await Promise.all(['small/cat.jpg', 'manifests/cat.jpg.json'].map((key) => pipeline.renditions.head(key)));
    expect(stored).toEqual({ ...rendition, etag: expect.any(String), ownVersionId: expect.any(String) });
  });

  test('costs no request, no attribute and no other recipe hash when it is off', async () => {
    const order: string[] = [];
    const pipeline = new MemoryPipeline({}, recorded(order));
    await pipeline.invoke([pipeline.upload('cat.jpg', 'cat')]);

    expect(order).toEqual(['small/cat.jpg']);
    expect(JSON.stringify(await pipeline.record('cat.jpg'))).not.toMatch(/manifest|picture|hash"|averageColour/);
    expect(recipeHash(RECIPE)).not.toBe(recipeHash(SETTINGS.recipe));
  });

  test('of a photo whose first version is bad has the code and no picture', async () => {
    const pipeline = pipelineWith();
    await pipeline.invoke([pipeline.upload('cat.jpg', 'bad')]);

    expect(manifest(pipeline)).toEqual({ version: 1, status: 'failed', failureCode: 'Corrupt', key: 'cat.jpg', versionId: 'v1' });
  });

  test('of a photo whose newest versions are bad still shows the last good one (P3)', async () => {
    const pipeline = pipelineWith();
    await pipeline.invoke([pipeline.upload('cat.jpg', 'cat')]);
    const good = manifest(pipeline)?.picture;
    for (const text of ['bad', 'bad again']) await pipeline.invoke([pipeline.upload('cat.jpg', text)]);

    expect(manifest(pipeline)).toEqual({
      ...{ version: 1, status: 'failed', failureCode: 'Corrupt', key: 'cat.jpg', versionId: 'v3' },
      picture: good,
    });
    expect(good?.versionId).toBe('v1');
  });

  test('returns to the version below when the newest one is deleted for good', async () => {
    const pipeline = pipelineWith({ deletePropagation: true });
    await pipeline.invoke([pipeline.upload('cat.jpg', 'cat')]);
    const first = manifest(pipeline);
    await pipeline.invoke([pipeline.upload('cat.jpg', 'bad')]);
    await pipeline.invoke([pipeline.erase('cat.jpg', 'v2')]);

    expect(manifest(pipeline)).toEqual(first);
  });

  test('is erased in all its versions when the photo is deleted (P8)', async () => {
    const pipeline = pipelineWith({ deletePropagation: true });
    for (const text of ['cat', 'bad', 'dog']) await pipeline.invoke([pipeline.upload('cat.jpg', text)]);
    expect(statuses(await pipeline.invoke([pipeline.delete('cat.jpg')]))).toEqual(['gone']);

    expect(pipeline.renditions.history('manifests/cat.jpg.json')).toEqual([]);
    expect(await pipeline.record('cat.jpg')).not.toHaveProperty('manifestOf');
  });

  test('stays when deletions are not propagated, as the renditions do', async () => {
    const pipeline = pipelineWith();
    await pipeline.invoke([pipeline.upload('cat.jpg', 'cat')]);
    await pipeline.invoke([pipeline.delete('cat.jpg')]);

    expect(manifest(pipeline)?.status).toBe('processed');
  });

  test('is stored under the prefix of the settings', async () => {
    const pipeline = pipelineWith({ recipe: { ...RECIPE, manifestPrefix: 'pictures/v1/' } });
    await pipeline.invoke([pipeline.upload('cat.jpg', 'cat')]);

    expect(manifest(pipeline, 'cat.jpg', 'pictures/v1/')?.status).toBe('processed');
  });

  test('is stored as JSON that caches must validate', async () => {
    const puts: unknown[] = [];
    const pipeline = pipelineRecording(puts);
    await pipeline.invoke([pipeline.upload('cat.jpg', 'cat')]);

    expect(puts.at(-1)).toMatchObject({ key: 'manifests/cat.jpg.json', contentType: 'application/json', cacheControl: 'no-cache' });
  });

  test('may have the longest key that S3 allows', async () => {
    const key = `${'x'.repeat(1_005)}.jpg`;
    const pipeline = pipelineWith();
    await pipeline.invoke([pipeline.upload(key, 'cat')]);

    expect(manifest(pipeline, key)?.status).toBe('processed');
  });

  test('of a failed photo does not exist if its key would be too long', async () => {
    const puts: unknown[] = [];
    const key = `${'x'.repeat(1_011)}.jpg`;
    const pipeline = pipelineRecording(puts);

    expect(statuses(await pipeline.invoke([pipeline.upload(key, 'bad')]))).toEqual(['failed']);
    expect(puts).toEqual([]);
  });

  test('does not exist if its key would be too long; the photo fails as KeyTooLong, and its deletion succeeds', async () => {
    const key = `${'x'.repeat(1_011)}.jpg`;
    const pipeline = new MemoryPipeline({ recipe: RECIPE, deletePropagation: true }, ({ renditions }) => ({
      renditions: changed(renditions, {
        head: async (name) => (name.length > 1024 ? Promise.reject(new Error('KeyTooLongError')) : renditions.head(name)),
      }),
    }));

    expect(await pipeline.invoke([pipeline.upload(key, 'cat')])).toMatchObject([
      { status: 'failed', failureCode: 'KeyTooLong', detail: 'the manifest key would have 1030 bytes, S3 allows 1024' },
    ]);
    expect(statuses(await pipeline.invoke([pipeline.delete(key)]))).toEqual(['gone']);
  });

  test.each([
    ['a key that a URL cannot contain', 'été & co/50% #1?.jpg', 'small/%C3%A9t%C3%A9%20%26%20co/50%25%20%231%3F.jpg'],
    ['segments that a browser would resolve', 'a/../b.jpg', 'small%2Fa%2F..%2Fb.jpg'],
    ['a segment that is the folder itself', './a.jpg', 'small%2F.%2Fa.jpg'],
    ['empty segments, which a browser could take for a host', '//evil.example/a.jpg', 'small%2F%2F%2Fevil.example%2Fa.jpg'],
    ['a scheme', 'javascript:alert(1).jpg', 'small/javascript%3Aalert(1).jpg'],
  ])('has an href that leads to the rendition in spite of %s', async (_what, key, url) => {
    const pipeline = pipelineWith();
    await pipeline.invoke([pipeline.upload(key, 'cat')]);

    const href = manifest(pipeline, key)?.picture?.renditions[0]?.href ?? '';
    expect(href).toBe(`${url}?v=1b53864ff0c4b9f0`);
    expect(decodeURIComponent(new URL(href, 'https://cdn.example/').pathname)).toBe(`/small/${key}`);
  });
});
