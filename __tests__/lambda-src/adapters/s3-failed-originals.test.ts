import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { S3FailedOriginals } from '../../../lambda-src/adapters/s3-failed-originals.ts';
import { type Answer, CLIENT, ScriptedServer, s3Refuses } from './scripted-server.ts';

const ORIGINAL = { bucket: 'uploads', key: 'a b/ü?.jpg', versionId: 'v+1' };

let server: ScriptedServer;
let s3: S3Client;
let originals: S3FailedOriginals;

beforeAll(async () => {
  server = await ScriptedServer.start();
  s3 = new S3Client({ ...CLIENT, endpoint: server.url, forcePathStyle: true });
  originals = new S3FailedOriginals(s3, 'renditions');
});

afterAll(async () => {
  s3.destroy();
  await server.close();
});

const XML = { 'content-type': 'application/xml' };

function tagging(tags: Readonly<Record<string, string>>): Answer {
  const all = Object.entries(tags).map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`);
  return { headers: XML, body: `<?xml version="1.0"?><Tagging><TagSet>${all.join('')}</TagSet></Tagging>` };
}

/** The tags that the last request wrote. */
function written(): [string, string][] {
  const matches = (server.asked.at(-1)?.body ?? '').matchAll(/<Key>(.*?)<\/Key><Value>(.*?)<\/Value>/g);
  return [...matches].map(([, key = '', value = '']) => [key, value]);
}

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${index}`, 'x']));

describe('tagging', () => {
  test('adds status and code to the other tags of exactly this version', async () => {
    server.script(tagging({ album: 'Summer' }), { status: 200 });

    expect(await originals.tag(ORIGINAL, 'Corrupt')).toBe('done');

    expect(written()).toEqual([
      ['album', 'Summer'],
      ['image-pipeline-status', 'failed'],
      ['image-pipeline-code', 'Corrupt'],
    ]);
    expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /uploads/a%20b/%C3%BC%3F.jpg?tagging=&versionId=v%2B1',
      'PUT /uploads/a%20b/%C3%BC%3F.jpg?tagging=&versionId=v%2B1',
    ]);
  });

  test('writes nothing if the tags are there already', async () => {
    server.script(tagging({ 'image-pipeline-code': 'Corrupt', album: 'Summer', 'image-pipeline-status': 'failed' }));

    expect(await originals.tag(ORIGINAL, 'Corrupt')).toBe('done');
    expect(server.asked).toHaveLength(1);
  });

  test('replaces the code of an earlier failure', async () => {
    server.script(tagging({ 'image-pipeline-status': 'failed', 'image-pipeline-code': 'TooLarge' }), { status: 200 });

    await originals.tag(ORIGINAL, 'Corrupt');

    expect(Object.fromEntries(written())).toEqual({ 'image-pipeline-status': 'failed', 'image-pipeline-code': 'Corrupt' });
  });

  test('without a code removes its own tags, and asks for nothing if there are none', async () => {
    server.script(tagging({ 'image-pipeline-status': 'failed', album: 'Summer', 'image-pipeline-code': 'TooLarge' }), { status: 200 });
    await originals.tag(ORIGINAL, undefined);
    expect(written()).toEqual([['album', 'Summer']]);

    server.script(tagging({ 'image-pipeline-status': 'failed' }), { status: 204 });
    await originals.tag(ORIGINAL, undefined);
    expect(server.asked.at(-1)).toMatchObject({ method: 'DELETE', path: '/uploads/a%20b/%C3%BC%3F.jpg?tagging=&versionId=v%2B1' });

    server.script(tagging({ album: 'Summer' }));
    await originals.tag(ORIGINAL, undefined);
    expect(server.asked).toHaveLength(1);
  });

  test('has room next to eight other tags, and reports if there is none', async () => {
    server.script(tagging(many(8)), { status: 200 });
    expect(await originals.tag(ORIGINAL, 'Corrupt')).toBe('done');
    expect(written()).toHaveLength(10);

    server.script(tagging(many(9)));
    expect(await originals.tag(ORIGINAL, 'Corrupt')).toBe('full');
    expect(server.asked).toHaveLength(1);
  });

  test.each([
    ['a version that was deleted', s3Refuses(404, 'NoSuchVersion')],
    ['a key that was deleted', s3Refuses(404, 'NoSuchKey')],
    ['a delete marker', s3Refuses(405, 'MethodNotAllowed')],
  ])('does nothing to %s', async (_what, answer) => {
    server.script(answer);

    expect(await originals.tag(ORIGINAL, 'Corrupt')).toBe('done');
  });

  test.each([
    ['a missing permission', s3Refuses(403, 'AccessDenied')],
    ['a missing bucket', s3Refuses(404, 'NoSuchBucket')],
    ['an outage', s3Refuses(503, 'SlowDown')],
  ])('throws for %s, so that the event is retried', async (_what, answer) => {
    server.script(answer);
    await expect(originals.tag(ORIGINAL, 'Corrupt')).rejects.toThrow();

    server.script(tagging({}), answer);
    await expect(originals.tag(ORIGINAL, 'Corrupt')).rejects.toThrow();
  });
});

describe('copying', () => {
  const COPIED: Answer = { headers: XML, body: '<?xml version="1.0"?><CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>' };

  test('copies exactly this version, without its tags, as a download', async () => {
    server.script(COPIED);

    expect(await originals.copy(ORIGINAL, 'quarantine/a b/ü?.jpg', { 'failure-code': 'Corrupt' })).toBe('done');

    const [asked] = server.asked;
    expect(asked).toMatchObject({ method: 'PUT', path: '/renditions/quarantine/a%20b/%C3%BC%3F.jpg?x-id=CopyObject' });
    expect(asked?.headers).toMatchObject({
      'x-amz-copy-source': 'uploads/a%20b%2F%C3%BC%3F.jpg?versionId=v%2B1',
      'x-amz-metadata-directive': 'REPLACE',
      'x-amz-tagging-directive': 'REPLACE',
      'x-amz-meta-failure-code': 'Corrupt',
      'content-type': 'application/octet-stream',
    });
  });

  test('copies the current object if there are no versions', async () => {
    server.script(COPIED);

    await originals.copy({ bucket: 'uploads', key: 'a.jpg' }, 'quarantine/a.jpg', {});

    expect(server.asked[0]?.headers['x-amz-copy-source']).toBe('uploads/a.jpg');
  });

  test.each([
    ['a version that was deleted', s3Refuses(404, 'NoSuchVersion'), 'done'],
    ['an archived object', s3Refuses(403, 'InvalidObjectState'), 'refused'],
    ['a disabled key', s3Refuses(400, 'KMS.DisabledException'), 'refused'],
    [
      'an object above 5 GB',
      s3Refuses(400, 'InvalidRequest', {
        message: 'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120',
      }),
      'refused',
    ],
  ])('of %s ends as it can', async (_what, answer, result) => {
    server.script(answer);

    expect(await originals.copy(ORIGINAL, 'quarantine/a.jpg', {})).toBe(result);
  });

  test.each([
    ['a missing permission', s3Refuses(403, 'AccessDenied')],
    ['a missing bucket', s3Refuses(404, 'NoSuchBucket')],
    ['an outage', s3Refuses(503, 'SlowDown')],
    ['another invalid request', s3Refuses(400, 'InvalidRequest', { message: 'no' })],
  ])('throws for %s, so that the event is retried', async (_what, answer) => {
    server.script(answer);

    await expect(originals.copy(ORIGINAL, 'quarantine/a.jpg', {})).rejects.toThrow();
  });
});
