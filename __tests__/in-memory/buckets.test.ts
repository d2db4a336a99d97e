import { describe } from '@jest/globals';
import { itIsAnOriginalStore, itIsARenditionStore, itMarksFailedOriginals } from '../lambda-src/adapters/store-contracts.ts';
import { MemoryFailedOriginals, MemoryOriginals, MemoryRenditions } from './buckets.ts';

describe('The upload bucket in memory', () => {
  itIsAnOriginalStore(async () => {
    const store = new MemoryOriginals();
    return {
      store,
      upload: async (key, text, metadata) => store.upload(key, Buffer.from(text), metadata),
      delete: async (key) => store.delete(key),
    };
  });
});

describe('The output bucket in memory', () => {
  itIsARenditionStore(async () => new MemoryRenditions(), { conditionalWrites: true, versions: true });
});

describe('Failed originals in memory', () => {
  itMarksFailedOriginals(
    async () => {
      const [originals, renditions] = [new MemoryOriginals(), new MemoryRenditions()];
      const marks = new MemoryFailedOriginals(originals, renditions);
      return {
        marks,
        upload: async (key, text) => originals.upload(key, Buffer.from(text)),
        tagsOf: async (key, versionId) => {
          const code = marks.tags.get(`${key} ${versionId}`);
          return code === undefined ? {} : { 'image-pipeline-status': 'failed', 'image-pipeline-code': code };
        },
        copyUnder: async (key) => {
          const copy = renditions.contents.versions.get(key)?.at(-1);
          return copy?.bytes && { text: copy.bytes.toString(), metadata: copy.metadata };
        },
      };
    },
    { versions: true },
  );
});
