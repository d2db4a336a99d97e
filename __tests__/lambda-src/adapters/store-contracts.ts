import { describe, expect, test } from '@jest/globals';
import type { FailedOriginals, OriginalStore, RenditionStore, RenditionUpload } from '../../../lambda-src/ports.ts';

/** A store of originals, and the changes that a user can make to its bucket. */
export interface OriginalsUnderTest {
  readonly store: OriginalStore;
  upload(key: string, text: string, metadata?: Record<string, string>): Promise<{ etag: string; versionId?: string | undefined }>;
  delete(key: string): Promise<unknown>;
}

/** Contract tests for every store of originals, in memory and in S3. */
export function itIsAnOriginalStore(make: () => Promise<OriginalsUnderTest>): void {
  const read = ({ store }: OriginalsUnderTest, etag?: string, maxBytes = 100) =>
    store.read({ bucket: 'uploads', key: 'ä b+c.jpg', etag, maxBytes });

  describe('reading', () => {
    test('returns the bytes, the metadata and the version', async () => {
      const originals = await make();
      const { etag, versionId } = await originals.upload('ä b+c.jpg', 'cat', { album: 'Summer' });

      expect(await read(originals, etag)).toMatchObject({
        status: 'read',
        object: { etag, versionId, bytes: Buffer.from('cat'), size: 3, userMetadata: { album: 'Summer' } },
      });
    });

    test('reports that the object was replaced', async () => {
      const originals = await make();
      const { etag } = await originals.upload('ä b+c.jpg', 'cat');
      await originals.upload('ä b+c.jpg', 'dog');

      expect(await read(originals, etag)).toEqual({ status: 'replaced' });
    });

    test('returns the current object if no ETag is given', async () => {
      const originals = await make();
      await originals.upload('ä b+c.jpg', 'dog');

      expect(await read(originals)).toMatchObject({ status: 'read', object: { bytes: Buffer.from('dog') } });
    });

    test('reports that the object was deleted', async () => {
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

  test('returns the head of the current object', async () => {
    const originals = await make();
    const { etag, versionId } = await originals.upload('ä b+c.jpg', 'cat');

    expect(await originals.store.head('uploads', 'ä b+c.jpg')).toMatchObject({ etag, versionId, size: 3 });
  });
}

/** Features of S3 that an emulator may lack. */
export interface RenditionStoreAbilities {
  readonly conditionalWrites: boolean;
  readonly versions: boolean;
}

/** Contract tests for every store of renditions, in memory and in S3, as far as the emulator supports them. */
export function itIsARenditionStore(make: () => Promise<RenditionStore>, { conditionalWrites, versions }: RenditionStoreAbilities): void {
  const upload = (text: string, replaces?: string): RenditionUpload => ({
    key: 'small/ä b+c.jpg',
    body: Buffer.from(text),
    contentType: 'image/jpeg',
    metadata: { 'original-sequencer': `sequencer of ${text}`, 'original-version-id': `version of ${text}`, 'recipe-hash': 'recipe' },
    replaces,
  });

  test('returns no head for a missing key', async () => {
    expect(await (await make()).head('small/ä b+c.jpg')).toBeUndefined();
  });

  test('stores a rendition under a new key and returns which original it belongs to', async () => {
    const store = await make();

    expect(await store.put(upload('cat'))).toBe('stored');
    expect(await store.head('small/ä b+c.jpg')).toMatchObject({
      sequencer: 'sequencer of cat',
      versionId: 'version of cat',
      recipeHash: 'recipe',
    });
  });

  test('replaces a rendition whose ETag matches', async () => {
    const store = await make();
    await store.put(upload('cat'));
    const seen = await store.head('small/ä b+c.jpg');

    expect(await store.put(upload('dog', seen?.etag))).toBe('stored');
    expect(await store.head('small/ä b+c.jpg')).toMatchObject({ sequencer: 'sequencer of dog' });
  });

  if (conditionalWrites) {
    test('does not create a rendition under an existing key', async () => {
      const store = await make();
      await store.put(upload('cat'));

      expect(await store.put(upload('dog'))).toBe('changed');
    });

    test('does not replace a rendition with another ETag', async () => {
      const store = await make();
      await store.put(upload('cat'));
      const seen = await store.head('small/ä b+c.jpg');
      await store.put(upload('dog', seen?.etag));

      expect(await store.put(upload('cow', seen?.etag))).toBe('changed');
      expect(await store.head('small/ä b+c.jpg')).toMatchObject({ sequencer: 'sequencer of dog' });
    });

    test('does not replace a deleted rendition', async () => {
      expect(await (await make()).put(upload('dog', 'd41d8cd98f00b204e9800998ecf8427e'))).toBe('changed');
    });
  }

  test('removes the given rendition', async () => {
    const store = await make();
    await store.put(upload('cat'));
    const seen = await store.head('small/ä b+c.jpg');
    if (seen !== undefined) await store.remove('small/ä b+c.jpg', seen);

    expect(await store.head('small/ä b+c.jpg')).toBeUndefined();
  });

  if (versions) {
    test('removes exactly the given version, so that the previous one becomes current', async () => {
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

/** What marks failed originals, and what can be seen of it. */
export interface FailedOriginalsUnderTest {
  readonly marks: FailedOriginals;
  upload(key: string, text: string): Promise<{ readonly versionId?: string | undefined }>;
  tagsOf(key: string, versionId: string | undefined): Promise<Readonly<Record<string, string>>>;
  copyUnder(key: string): Promise<{ readonly text: string; readonly metadata: Readonly<Record<string, string>> } | undefined>;
}

/** Contract tests for everything that marks failed originals, in memory and in S3. */
export function itMarksFailedOriginals(make: () => Promise<FailedOriginalsUnderTest>, { versions }: { readonly versions: boolean }): void {
  const key = 'ä b+c.jpg';

  test('tags a version, and removes the tags again', async () => {
    const { marks, upload, tagsOf } = await make();
    const { versionId } = await upload(key, 'bad');

    expect(await marks.tag({ bucket: 'uploads', key, versionId }, 'Corrupt')).toBe('done');
    expect(await tagsOf(key, versionId)).toEqual({ 'image-pipeline-status': 'failed', 'image-pipeline-code': 'Corrupt' });

    expect(await marks.tag({ bucket: 'uploads', key, versionId }, undefined)).toBe('done');
    expect(await tagsOf(key, versionId)).toEqual({});
  });

  test('copies an original with the metadata given', async () => {
    const { marks, upload, copyUnder } = await make();
    const { versionId } = await upload(key, 'bad');

    expect(await marks.copy({ bucket: 'uploads', key, versionId }, `quarantine/${key}`, { 'failure-code': 'Corrupt' })).toBe('done');

    expect(await copyUnder(`quarantine/${key}`)).toEqual({ text: 'bad', metadata: { 'failure-code': 'Corrupt' } });
  });

  if (!versions) return;

  test('marks exactly the version named, also below a newer one', async () => {
    const { marks, upload, tagsOf, copyUnder } = await make();
    const older = await upload(key, 'bad');
    const newer = await upload(key, 'cat');

    await marks.tag({ bucket: 'uploads', key, versionId: older.versionId }, 'Corrupt');
    await marks.copy({ bucket: 'uploads', key, versionId: older.versionId }, 'quarantine/older', {});

    expect(await tagsOf(key, newer.versionId)).toEqual({});
    expect(await copyUnder('quarantine/older')).toMatchObject({ text: 'bad' });
  });
}
