import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { S3OriginalStore } from '../../../lambda-src/adapters/s3-original-store.ts';
import { type Answer, CLIENT, ScriptedServer, s3Refuses } from './scripted-server.ts';

const MODIFIED = 'Wed, 04 Mar 2026 05:06:07 GMT';
const MARKER = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': 'marker-1' };

let server: ScriptedServer;
let s3: S3Client;
let store: S3OriginalStore;

beforeAll(async () => {
  server = await ScriptedServer.start();
  s3 = new S3Client({ ...CLIENT, endpoint: server.url, forcePathStyle: true });
  store = new S3OriginalStore(s3);
});

afterAll(async () => {
  s3.destroy();
  await server.close();
});

function listing(...keys: string[]): Answer {
  const contents = keys.map(
    (key) => `<Contents><Key>${key}</Key><ETag>"e1"</ETag><Size>3</Size><LastModified>2026-03-04T05:06:07.000Z</LastModified></Contents>`,
  );
  return { headers: { 'content-type': 'application/xml' }, body: `<ListBucketResult>${contents.join('')}</ListBucketResult>` };
}

describe('looking at an original', () => {
  test('returns version, size and time of the current one', async () => {
    server.script({ headers: { etag: '"e1"', 'x-amz-version-id': 'v1', 'content-length': '3', 'last-modified': MODIFIED } });

    expect(await store.head('uploads', 'a b.jpg')).toEqual({ etag: 'e1', versionId: 'v1', size: 3, lastModified: new Date(MODIFIED) });
    expect(server.asked).toMatchObject([{ method: 'HEAD', path: '/uploads/a%20b.jpg' }]);
  });

  test('treats what S3 does not report as empty and old', async () => {
    server.script({ headers: { 'transfer-encoding': 'chunked' } });

    expect(await store.head('uploads', 'a.jpg')).toEqual({ etag: '', versionId: undefined, size: 0, lastModified: new Date(0) });
  });

  test('reports that there is none', async () => {
    server.script({ status: 404 });

    expect(await store.head('uploads', 'a.jpg')).toBeUndefined();
  });

  test.each([403, 500])('throws on %d, which says nothing about the original', async (status) => {
    server.script({ status });

    await expect(store.head('uploads', 'a.jpg')).rejects.toMatchObject({ $metadata: { httpStatusCode: status } });
  });

  test('that is encrypted with a customer-provided key finds it in the listing', async () => {
    server.script({ status: 400 }, listing('a.jpg'));

    expect(await store.head('uploads', 'a.jpg')).toEqual({
      etag: 'e1',
      versionId: undefined,
      size: 3,
      lastModified: new Date('2026-03-04T05:06:07.000Z'),
    });
    const query = new URL(server.asked[1]?.path ?? '', server.url).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({ prefix: 'a.jpg', 'max-keys': '1' });
  });

  test.each([[['a.jpg.png']], [[]]])('does not take the listing of %j for one of the key', async (keys) => {
    server.script({ status: 400 }, listing(...keys));

    expect(await store.head('uploads', 'a.jpg')).toBeUndefined();
  });
});

describe('reading an original', () => {
  const read = (different: { etag?: string; maxBytes?: number } = {}) =>
    store.read({ bucket: 'uploads', key: 'a b.jpg', maxBytes: 100, ...different });

  test('returns its bytes and everything that S3 reports about them', async () => {
    server.script({
      headers: {
        ...{ etag: '"e1"', 'x-amz-version-id': 'v1', 'last-modified': MODIFIED, 'content-type': 'image/jpeg', 'content-length': '3' },
        'x-amz-meta-album': 'Summer',
      },
      body: 'cat',
    });

    expect(await read({ etag: 'e1' })).toEqual({
      status: 'read',
      object: {
        etag: 'e1',
        versionId: 'v1',
        size: 3,
        lastModified: new Date(MODIFIED),
        bytes: Buffer.from('cat'),
        contentType: 'image/jpeg',
        userMetadata: { album: 'Summer' },
      },
    });
    expect(server.asked).toMatchObject([
      { method: 'GET', path: expect.stringMatching(/^\/uploads\/a%20b\.jpg\?/), headers: { 'if-match': '"e1"' } },
    ]);
  });

  test('requests no ETag if none is known, and returns what S3 does not report as empty', async () => {
    server.script({ headers: { 'transfer-encoding': 'chunked' }, body: 'cat' });

    expect(await read()).toMatchObject({
      status: 'read',
      object: { bytes: Buffer.from('cat'), contentType: '', userMetadata: {}, size: 0 },
    });
    expect(server.asked[0]?.headers).not.toHaveProperty('if-match');
  });

  test('reads as many bytes as are allowed', async () => {
    server.script({ headers: { 'content-length': '3' }, body: 'cat' });

    expect(await read({ maxBytes: 3 })).toMatchObject({ status: 'read' });
  });

  test('stops at the announced size, if that is too large', async () => {
    server.script({ headers: { 'content-length': '3' }, body: 'cat' });

    expect(await read({ maxBytes: 2 })).toEqual({ status: 'tooLarge', bytes: 3 });
  });

  test('stops while it reads if no size is announced', async () => {
    server.script({ headers: { 'transfer-encoding': 'chunked' }, body: 'cat' });

    expect(await read({ maxBytes: 2 })).toEqual({ status: 'tooLarge', bytes: 0 });
  });

  test.each<[what: string, answer: Answer]>([
    ['announced', { headers: { 'content-length': '1000' }, body: 'c', stalls: true }],
    ['there', { headers: { 'transfer-encoding': 'chunked' }, body: 'cat', stalls: true }],
    ['announced with a checksum', { headers: { 'content-length': '1000', 'x-amz-checksum-crc32': 'AAAAAA==' }, body: 'c', stalls: true }],
  ])('waits for no more than it needs to know that too many bytes are %s', async (_what, answer) => {
    server.script(answer);

    expect(await read({ maxBytes: 2 })).toMatchObject({ status: 'tooLarge' });
    while (server.abandoned === 0) await setImmediate();
  });

  test('throws if fewer bytes arrive than were announced', async () => {
    const answer = () => ({ statusCode: 200, headers: { 'content-length': '3' }, body: Readable.from([Buffer.from('ca')]) });
    const client = new S3Client({ ...CLIENT, requestHandler: { handle: async () => ({ response: answer() }) } });

    const cut = new S3OriginalStore(client).read({ bucket: 'uploads', key: 'a.jpg', maxBytes: 100 });

    await expect(cut).rejects.toThrow('S3 sent 2 of 3 bytes');
  });

  test('reports that another version is current', async () => {
    server.script(s3Refuses(412, 'PreconditionFailed'));

    expect(await read({ etag: 'e1' })).toEqual({ status: 'replaced' });
  });

  test('trusts a delete marker', async () => {
    server.script(s3Refuses(404, 'NoSuchKey', { headers: MARKER }));

    expect(await read()).toEqual({ status: 'gone', deleteMarker: true });
    expect(server.asked).toHaveLength(1);
  });

  test('checks again for a delete marker if the answer names none', async () => {
    server.script(s3Refuses(404, 'NoSuchKey'), { status: 404, headers: MARKER });

    expect(await read()).toEqual({ status: 'gone', deleteMarker: true });
    expect(server.asked[1]).toMatchObject({ method: 'HEAD', path: '/uploads/a%20b.jpg' });
  });

  test.each<[what: string, headers: Record<string, string>]>([
    ['nothing', {}],
    ['that there is none', { 'x-amz-delete-marker': 'false' }],
  ])('knows of no delete marker if the second answer says %s', async (_what, headers) => {
    server.script(s3Refuses(404, 'NoSuchKey'), { status: 404, headers });

    expect(await read()).toEqual({ status: 'gone', deleteMarker: false });
  });

  test('is retried if the second request finds the object', async () => {
    server.script(s3Refuses(404, 'NoSuchKey'), {});

    await expect(read()).rejects.toMatchObject({
      code: 'NotFoundYet',
      message: 'S3 did not find the object, then found it',
    });
  });

  test('is retried if the second request fails', async () => {
    server.script(s3Refuses(404, 'NoSuchKey'), { status: 500 });

    await expect(read()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
  });

  test('throws if the bucket is missing, which does not mean that the photo was deleted', async () => {
    server.script(s3Refuses(404, 'NoSuchBucket'));

    await expect(read()).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });
});

describe('an original that cannot be read in its present state', () => {
  const read = () => store.read({ bucket: 'uploads', key: 'a.jpg', maxBytes: 100 });
  const longest = 'k'.repeat(400);

  test.each<[what: string, refusal: Answer, code: string, detail: string]>([
    [
      'in an archive storage class',
      s3Refuses(403, 'InvalidObjectState', { more: '<StorageClass>GLACIER</StorageClass>' }),
      'Archived',
      'S3 keeps the object in GLACIER',
    ],
    [
      'in an archive tier',
      s3Refuses(403, 'InvalidObjectState', {
        more: '<StorageClass>INTELLIGENT_TIERING</StorageClass><AccessTier>ARCHIVE_ACCESS</AccessTier>',
      }),
      'Archived',
      'S3 keeps the object in INTELLIGENT_TIERING, ARCHIVE_ACCESS',
    ],
    [
      'in an archive that S3 does not name',
      s3Refuses(403, 'InvalidObjectState'),
      'Archived',
      'S3 keeps the object in an archive storage class',
    ],
    [
      'encrypted with a customer-provided key',
      s3Refuses(400, 'InvalidRequest', {
        message: 'The object was stored using a form of Server Side Encryption. The key must be provided.',
      }),
      'CustomerKey',
      'S3 requires the key that the object was uploaded with (SSE-C)',
    ],
    ...['KMS.DisabledException', 'KMS.KMSInvalidStateException', 'KMS.NotFoundException'].map((name): [string, Answer, string, string] => [
      `encrypted with a key for which KMS answers ${name}`,
      s3Refuses(400, name, { message: 'the key' }),
      'KeyUnusable',
      `${name}: the key`,
    ]),
    [
      'encrypted with a key that KMS denies',
      s3Refuses(400, 'KMS.AccessDeniedException', { message: `${longest}x` }),
      'KeyAccessDenied',
      longest,
    ],
    [
      'encrypted with a key that IAM denies',
      s3Refuses(403, 'AccessDenied', { message: 'not authorized to perform: kms:Decrypt' }),
      'KeyAccessDenied',
      'not authorized to perform: kms:Decrypt',
    ],
  ])('because it is %s is named so', async (_what, refusal, code, detail) => {
    server.script(refusal);

    expect(await read()).toEqual({ status: 'unreadable', code, detail });
  });

  test.each<[what: string, refusal: Answer]>([
    ['a request that S3 does not understand', s3Refuses(400, 'InvalidRequest')],
    ['server-side encryption in another answer', s3Refuses(400, 'BadRequest', { message: 'server-side encryption' })],
    [
      'a denial of the bucket, which a repair of the deployment cures',
      s3Refuses(403, 'AccessDenied', { message: 'not authorized: s3:GetObject' }),
    ],
    ['KMS in another answer', s3Refuses(400, 'Throttling', { message: 'kms:Decrypt' })],
    ['a fault of S3', s3Refuses(500, 'InternalError')],
  ])('is not: %s', async (_what, refusal) => {
    server.script(refusal);

    await expect(read()).rejects.toThrow();
  });
});
