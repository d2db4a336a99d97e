import { expect, test } from '@jest/globals';
import { MemoryPipeline, SETTINGS } from '../in-memory/pipeline.ts';
import { DESCRIBED } from './upload-event.ts';

const SECRET = 'Acme One';

function describingPipeline(): MemoryPipeline {
  const recipe = { ...SETTINGS.recipe, manifest: true };
  return new MemoryPipeline({ recipe, deletePropagation: true }, (own) => ({
    render: async (bytes) => ({ ...own.render(bytes, recipe), metadata: DESCRIBED.metadata }),
  }));
}

test('the metadata of a photo is in its record and its message, and nowhere else', async () => {
  const pipeline = describingPipeline();
  const outcomes = await pipeline.invoke([pipeline.upload('cat.jpg', 'cat')]);

  expect(await pipeline.record('cat.jpg')).toMatchObject({ effect: { metadata: DESCRIBED.metadata } });
  expect(pipeline.published.map(({ body }) => body)).toMatchObject([{ metadata: DESCRIBED.metadata }]);
  // Logs are written from the outcomes and the warnings.
  const elsewhere = [outcomes, pipeline.observed, pipeline.warnings];
  const stored = [...pipeline.renditions.contents.versions.values()].flat();
  expect(JSON.stringify(elsewhere)).not.toContain(SECRET);
  expect(stored.filter(({ bytes, metadata }) => `${bytes} ${JSON.stringify(metadata)}`.includes(SECRET))).toEqual([]);
});

test('the metadata of a photo is erased with it (P8)', async () => {
  const pipeline = describingPipeline();
  await pipeline.invoke([pipeline.upload('cat.jpg', 'cat')]);
  await pipeline.invoke([pipeline.delete('cat.jpg')]);

  expect(JSON.stringify(await pipeline.record('cat.jpg'))).not.toContain(SECRET);
});
