import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { S3RenditionStore } from '../../../lambda-src/adapters/s3-rendition-store.ts';
import { CLIENT, ScriptedServer, s3Refuses } from './scripted-server.ts';

const HEAD = { etag: 'e1', sequencer: '55' };
const UPLOAD = {
  key: 'small/a b.jpg',
  body: Buffer.from('cat'),
  contentType: 'image/webp',
  metadata: { 'original-sequencer': '55' },
  replaces: undefined,
};

let server: ScriptedServer;
let s3: S3Client;
let store: S3RenditionStore;

beforeAll(async () => {
  server = await ScriptedServer.start();
  s3 = new S3Client({ ...CLIENT, endpoint: server.url, forcePathStyle: true });
  store = new S3RenditionStore(s3, 'renditions');
});

afterAll(async () => {
  s3.destroy();
  await server.close();
});

describe('looking at a rendition', () => {
  test('returns its own version, and the version, sequencer and recipe that it was made from', async () => {
    server.script({
      headers: {
        etag: '"e1"',
        'x-amz-version-id': 'own-1',
        'x-amz-meta-original-sequencer': '55',
        'x-amz-meta-original-version-id': 'v1',
        'x-amz-meta-recipe-hash': 'recipe-1',
      },
    });

    expect(await store.head('small/a b.jpg')).toEqual({
      etag: 'e1',
      ownVersionId: 'own-1',
      sequencer: '55',
      versionId: 'v1',
      recipeHash: 'recipe-1',
    });
    expect(server.asked).toMatchObject([{ method: 'HEAD', path: '/renditions/small/a%20b.jpg' }]);
  });

  test('treats an object that the pipeline did not write as older than any event', async () => {
    server.script({ headers: { etag: '"e1"' } });

    expect(await store.head('small/a.jpg')).toEqual({
      etag: 'e1',
      ownVersionId: undefined,
      sequencer: '',
      versionId: undefined,
      recipeHash: undefined,
    });
  });

  test('reports that there is none', async () => {
    server.script({ status: 404 }, { status: 404 });

    expect(await store.head('small/a.jpg')).toBeUndefined();
    expect(await store.head('small/a.jpg', { deleteMarkers: true })).toBeUndefined();
  });

  test('reports a delete marker only if it is asked to', async () => {
    const marker = { status: 404, headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': 'marker-1' } };
    server.script(marker, marker, marker);

    expect(await store.head('small/a.jpg')).toBeUndefined();
    expect(await store.head('small/a.jpg', { deleteMarkers: false })).toBeUndefined();
    expect(await store.head('small/a.jpg', { deleteMarkers: true })).toEqual({ etag: '', ownVersionId: 'marker-1', sequencer: '' });
  });

  test.each([403, 500])('throws on %d, which says nothing about the rendition', async (status) => {
    server.script({ status });

    await expect(store.head('small/a.jpg')).rejects.toMatchObject({ $metadata: { httpStatusCode: status } });
  });
});

describe('storing a rendition', () => {
  test('creates it only if there is none', async () => {
    server.script({ headers: { etag: '"e2"' } });

    expect(await store.put(UPLOAD)).toBe('stored');
    expect(server.asked).toMatchObject([
      {
        method: 'PUT',
        path: expect.stringMatching(/^\/renditions\/small\/a%20b\.jpg\?/),
        headers: { 'if-none-match': '*', 'content-type': 'image/webp', 'x-amz-meta-original-sequencer': '55' },
        body: expect.stringContaining('cat'),
      },
    ]);
    expect(server.asked[0]?.headers).not.toHaveProperty('if-match');
  });

  test('replaces exactly what was seen', async () => {
    server.script({ headers: { etag: '"e2"' } });

    expect(await store.put({ ...UPLOAD, replaces: 'e1' })).toBe('stored');
    expect(server.asked[0]?.headers).toMatchObject({ 'if-match': '"e1"' });
    expect(server.asked[0]?.headers).not.toHaveProperty('if-none-match');
  });

  test('sends the headers, storage class and tags of the rendition', async () => {
    server.script({ headers: { etag: '"e2"' } });

    const options = {
      cacheControl: 'no-store',
      contentDisposition: 'inline',
      storageClass: 'STANDARD_IA',
      tags: { 'a b': 'x=y&z', c: '' },
    } as const;
    expect(await store.put({ ...UPLOAD, ...options })).toBe('stored');
    expect(server.asked[0]?.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-disposition': 'inline',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-tagging': 'a+b=x%3Dy%26z&c=',
    });
  });

  test('sends none of them unless they are set', async () => {
    server.script({ headers: { etag: '"e2"' } });

    await store.put(UPLOAD);
    const names = Object.keys(server.asked[0]?.headers ?? {});
    expect(names.filter((name) => /cache|disposition|storage|tagging/.test(name))).toEqual([]);
  });

  test.each([
    ['something else is there', 412, 'PreconditionFailed', undefined],
    ['another conditional write won', 409, 'ConditionalRequestConflict', undefined],
    ['something else is there instead of what it replaces', 412, 'PreconditionFailed', 'e1'],
    ['what it replaces was deleted', 404, 'NoSuchKey', 'e1'],
  ])('reports a change: %s', async (_what, status, code, replaces) => {
    server.script(s3Refuses(status, code));

    expect(await store.put({ ...UPLOAD, replaces })).toBe('changed');
  });

  test.each([
    ['the bucket is missing', 404, 'NoSuchBucket', 'e1'],
    ['a key is missing that it did not ask for', 404, 'NoSuchKey', undefined],
    ['a fault that has the name of a missing key', 500, 'NoSuchKey', 'e1'],
    ['the write is forbidden', 403, 'AccessDenied', undefined],
    ['S3 is overloaded', 503, 'SlowDown', undefined],
  ])('throws: %s', async (_what, status, code, replaces) => {
    server.script(s3Refuses(status, code));

    await expect(store.put({ ...UPLOAD, replaces })).rejects.toMatchObject({ name: code });
  });
});

describe('removing a rendition', () => {
  test('deletes exactly the version that was seen, which leaves no delete marker', async () => {
    server.script({ status: 204 });

    await store.remove('small/a b.jpg', { ...HEAD, ownVersionId: 'own-1' });

    expect(server.asked).toMatchObject([{ method: 'DELETE', path: expect.stringContaining('/renditions/small/a%20b.jpg?') }]);
    expect(server.asked[0]?.path).toContain('versionId=own-1');
    expect(server.asked[0]?.headers).not.toHaveProperty('if-match');
  });

  test('deletes what was seen by its ETag, in a bucket without versions', async () => {
    server.script({ status: 204 });

    await store.remove('small/a.jpg', HEAD);

    expect(server.asked[0]?.path).not.toContain('versionId');
    expect(server.asked[0]?.headers).toMatchObject({ 'if-match': '"e1"' });
  });

  test.each([
    [412, 'PreconditionFailed'],
    [404, 'NoSuchKey'],
  ])('leaves alone what is not there any more (%d)', async (status, code) => {
    server.script(s3Refuses(status, code));

    await expect(store.remove('small/a.jpg', HEAD)).resolves.toBeUndefined();
  });

  test('throws on every other refusal', async () => {
    server.script(s3Refuses(403, 'AccessDenied'));

    await expect(store.remove('small/a.jpg', HEAD)).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
