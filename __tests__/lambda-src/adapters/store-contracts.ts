import { describe, expect, test } from '@jest/globals';
import type { OriginalStore, RenditionStore, RenditionUpload } from '../../../lambda-src/ports.ts';

/** A bucket of uploads under test, and how a person changes it. */
export interface OriginalsUnderTest {
  readonly store: OriginalStore;
  upload(key: string, text: string, metadata?: Record<string, string>): Promise<{ etag: string; versionId?: string | undefined }>;
  delete(key: string): Promise<unknown>;
}

/** What every store of originals must do, in memory and in S3 alike. */
export function itIsAnOriginalStore(make: () => Promise<OriginalsUnderTest>): void {
  const read = ({ store }: OriginalsUnderTest, etag?: string, maxBytes = 100) =>
    store.read({ bucket: 'uploads', key: 'ä b+c.jpg', etag, maxBytes });

  describe('reading', () => {
    test('gives the bytes, the metadata and the version', async () => {
      const originals = await make();
      const { etag, versionId } = await originals.upload('ä b+c.jpg', 'cat', { album: 'Summer' });

      expect(await read(originals, etag)).toMatchObject({
        status: 'read',
        object: { etag, versionId, bytes: Buffer.from('cat'), size: 3, userMetadata: { album: 'Summer' } },
      });
    });

    test('tells that another object stands there', async () => {
      const originals = await make();
      const { etag } = await originals.upload('ä b+c.jpg', 'cat');
      await originals.upload('ä b+c.jpg', 'dog');

      expect(await read(originals, etag)).toEqual({ status: 'replaced' });
    });

    test('takes whatever stands there when no ETag is asked for', async () => {
      const originals = await make();
      await originals.upload('ä b+c.jpg', 'dog');

      expect(await read(originals)).toMatchObject({ status: 'read', object: { bytes: Buffer.from('dog') } });
    });

    test('tells that the object was deleted', async () => {
      const originals = await make();
      const { etag } = await originals.upload('ä b+c.jpg', 'cat');
      await originals.delete('ä b+c.jpg');

      expect(await read(originals, etag)).toMatchObject({ status: 'gone' });
      expect(await originals.store.head('uploads', 'ä b+c.jpg')).toBeUndefined();
    });

    test.each([
      [100, 'read'],
      [101, 'tooLarge'],
    ])('stops at the cap: %i of 100 bytes are %s', async (bytes, status) => {
      const originals = await make();
      await originals.upload('ä b+c.jpg', 'x'.repeat(bytes));

      expect(await read(originals)).toMatchObject({ status });
    });
  });

  test('heads what stands there', async () => {
    const originals = await make();
    const { etag, versionId } = await originals.upload('ä b+c.jpg', 'cat');

    expect(await originals.store.head('uploads', 'ä b+c.jpg')).toMatchObject({ etag, versionId, size: 3 });
  });
}

/** What an emulator may lack of S3. */
export interface RenditionStoreAbilities {
  readonly conditionalWrites: boolean;
  readonly versions: boolean;
}

/** What every store of renditions must do, in memory and in S3 alike, as far as the emulator behind it can. */
export function itIsARenditionStore(make: () => Promise<RenditionStore>, { conditionalWrites, versions }: RenditionStoreAbilities): void {
  const upload = (text: string, replaces?: string): RenditionUpload => ({
    key: 'small/ä b+c.jpg',
    body: Buffer.from(text),
    contentType: 'image/jpeg',
    metadata: { 'original-sequencer': `sequencer of ${text}`, 'original-version-id': `version of ${text}`, 'recipe-hash': 'recipe' },
    replaces,
  });

  test('heads nothing where nothing stands', async () => {
    expect(await (await make()).head('small/ä b+c.jpg')).toBeUndefined();
  });

  test('stores where nothing stands and tells afterwards whose rendition it is', async () => {
    const store = await make();

    expect(await store.put(upload('cat'))).toBe('stored');
    expect(await store.head('small/ä b+c.jpg')).toMatchObject({
      sequencer: 'sequencer of cat',
      versionId: 'version of cat',
      recipeHash: 'recipe',
    });
  });

  test('stores over the ETag it saw', async () => {
    const store = await make();
    await store.put(upload('cat'));
    const seen = await store.head('small/ä b+c.jpg');

    expect(await store.put(upload('dog', seen?.etag))).toBe('stored');
    expect(await store.head('small/ä b+c.jpg')).toMatchObject({ sequencer: 'sequencer of dog' });
  });

  if (conditionalWrites) {
    test('does not store where something stands', async () => {
      const store = await make();
      await store.put(upload('cat'));

      expect(await store.put(upload('dog'))).toBe('changed');
    });

    test('does not store over another ETag', async () => {
      const store = await make();
      await store.put(upload('cat'));
      const seen = await store.head('small/ä b+c.jpg');
      await store.put(upload('dog', seen?.etag));

      expect(await store.put(upload('cow', seen?.etag))).toBe('changed');
      expect(await store.head('small/ä b+c.jpg')).toMatchObject({ sequencer: 'sequencer of dog' });
    });

    test('does not store over what was deleted', async () => {
      expect(await (await make()).put(upload('dog', 'd41d8cd98f00b204e9800998ecf8427e'))).toBe('changed');
    });
  }

  test('removes what it saw', async () => {
    const store = await make();
    await store.put(upload('cat'));
    const seen = await store.head('small/ä b+c.jpg');
    if (seen !== undefined) await store.remove('small/ä b+c.jpg', seen);

    expect(await store.head('small/ä b+c.jpg')).toBeUndefined();
  });

  if (versions) {
    test('removes exactly the version it saw, so that the one before it stands again', async () => {
      const store = await make();
      await store.put(upload('cat'));
      const cat = await store.head('small/ä b+c.jpg');
      await store.put(upload('dog', cat?.etag));
      const dog = await store.head('small/ä b+c.jpg');
      if (dog !== undefined) await store.remove('small/ä b+c.jpg', dog);

      expect(await store.head('small/ä b+c.jpg')).toEqual(cat);
    });
  }
}
