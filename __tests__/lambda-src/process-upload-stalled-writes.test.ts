import { describe, expect, test } from '@jest/globals';
import type { RenditionHead } from '../../lambda-src/ports.ts';
import { changed } from '../explorer/changed.ts';
import { MemoryPipeline, SETTINGS, statuses } from '../in-memory/pipeline.ts';

const MANIFEST = { recipe: { ...SETTINGS.recipe, manifest: true } };

/**
 * Makes a pipeline in which a stalled write of the last committed version takes effect just before the next commit. It lists the keys that are looked up
 * after that.
 */
function pipelineWithStalledWrite(key: string, settings: ConstructorParameters<typeof MemoryPipeline>[0] = {}) {
  const looks: string[] = [];
  let stalled: { readonly body: Buffer; readonly metadata: Readonly<Record<string, string>> } | undefined;
  const pipeline: MemoryPipeline = new MemoryPipeline(settings, ({ ledger, renditions }) => ({
    ledger: changed(ledger, {
      commit: async (...parameters) => {
        const top = await renditions.head(key);
        if (stalled !== undefined) await renditions.put({ ...stalled, key, contentType: '', replaces: top?.etag });
        stalled = undefined;
        looks.length = 0;
        return ledger.commit(...parameters);
      },
    }),
    renditions: changed(renditions, {
      head: async (name): Promise<RenditionHead | undefined> => {
        looks.push(name);
        return renditions.head(name);
      },
    }),
  }));
  const stallLastWrite = () => {
    const { bytes = Buffer.alloc(0), metadata = {} } = pipeline.renditions.contents.versions.get(key)?.at(-1) ?? {};
    stalled = { body: Buffer.from(bytes), metadata };
  };
  return { pipeline, looks, stallLastWrite };
}

describe('a write that stalled and replaces a newer one just before the commit is removed after it', () => {
  test('from the renditions', async () => {
    const { pipeline, stallLastWrite } = pipelineWithStalledWrite('small/a.jpg');
    await pipeline.invoke([pipeline.upload('a.jpg', 'cat')]);
    stallLastWrite();

    expect(statuses(await pipeline.invoke([pipeline.upload('a.jpg', 'dog')]))).toEqual(['processed']);

    expect(pipeline.rendition('a.jpg')).toBe('small/dog');
  });

  test.each([
    ['of a photo that is replaced', 'dog', '"status":"processed"'],
    ['of a photo whose new version fails', 'bad', '"status":"failed"'],
  ])('from the manifests, %s', async (_what, text, status) => {
    const { pipeline, stallLastWrite } = pipelineWithStalledWrite('manifests/a.jpg.json', MANIFEST);
    await pipeline.invoke([pipeline.upload('a.jpg', 'cat')]);
    stallLastWrite();

    await pipeline.invoke([pipeline.upload('a.jpg', text)]);

    expect(pipeline.renditions.bytes('manifests/a.jpg.json')?.toString()).toContain(status);
    expect(pipeline.renditions.bytes('manifests/a.jpg.json')?.toString()).toContain('"versionId":"v2"');
  });

  test('from the manifests of a photo that never succeeded', async () => {
    const { pipeline, stallLastWrite } = pipelineWithStalledWrite('manifests/a.jpg.json', MANIFEST);
    await pipeline.invoke([pipeline.upload('a.jpg', 'bad')]);
    stallLastWrite();

    await pipeline.invoke([pipeline.upload('a.jpg', 'bad again')]);

    expect(pipeline.renditions.bytes('manifests/a.jpg.json')?.toString()).toContain('"versionId":"v2"');
  });
});

test.each<[what: string, settings: object, texts: string[]]>([
  ['the first version of a photo', MANIFEST, ['cat']],
  ['a version that fails and has no manifest', {}, ['cat', 'bad']],
  ['a version after one that failed', {}, ['bad', 'cat']],
])('after the commit of %s, no rendition is looked up', async (_what, settings, texts) => {
  const { pipeline, looks } = pipelineWithStalledWrite('small/a.jpg', settings);

  for (const text of texts) await pipeline.invoke([pipeline.upload('a.jpg', text)]);

  expect(looks).toEqual([]);
});
