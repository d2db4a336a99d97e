import { describe } from '@jest/globals';
import { itIsAnOriginalStore, itIsARenditionStore } from '../lambda-src/adapters/store-contracts.ts';
import { MemoryOriginals, MemoryRenditions } from './buckets.ts';

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
