import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../local/aws/loopback.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { ServedStudio } from '../../local/studio/served-studio.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-'));
});

afterAll(() => rm(folder, { recursive: true }));

function start(...options: string[]): SpawnSyncReturns<string> {
  const command = ['cli/launch.mjs', ...options];
  return spawnSync(process.execPath, command, { cwd: resolve(import.meta.dirname, '../../..'), encoding: 'utf8', timeout: 10_000 });
}

const serve = (...options: string[]): SpawnSyncReturns<string> => start('--serve', ...options);

describe('the served local pipeline', () => {
  let studio: ServedStudio;
  let page: number;
  let endpoint: number;

  beforeAll(async () => {
    [page, endpoint] = [await freePort(0), await freePort(0)];
    studio = await ServedStudio.start('--preset', 'upload-processing', '--port', String(page), '--s3-port', String(endpoint));
  });

  test('has the ports that were asked for', async () => {
    expect({ page: studio.url, s3: studio.s3 }).toEqual({ page: `http://127.0.0.1:${page}/`, s3: `http://127.0.0.1:${endpoint}` });
    expect((await fetch(studio.url)).status).toBe(200);
    expect((await fetch(studio.s3, { redirect: 'manual' })).headers.get('content-type')).toContain('xml');
  });

  test('prints a command that uploads, and tells of each photo', async () => {
    const [, Bucket = '', prefix] = await studio.printed(/aws --endpoint-url \S+ s3 cp photo\.jpg s3:\/\/([^/]+)\/(\S*)/);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const s3 = new S3Client({ endpoint: studio.s3, region: 'us-east-1', forcePathStyle: true, credentials });
    await s3.send(new PutObjectCommand({ Bucket, Key: `${prefix}my photo.jpg`, Body: await makePhoto({ width: 300, height: 200 }) }));
    s3.destroy();

    await studio.printed(/^processed +uploads\/my photo\.jpg/m);
  });

  describe('beside it another, with --state', () => {
    let state: string;
    let first: ServedStudio;

    beforeAll(async () => {
      state = join(folder, 'state');
      first = await ServedStudio.start('--state', state, '--port', String(page), '--s3-port', String(endpoint));
    });

    test('gets free ports, and says so, as the ports it asked for are taken', async () => {
      const [, pageInstead] = await first.printed(new RegExp(`^Port ${page} is taken; the page gets port (\\d+)\\.$`, 'm'));
      const [, endpointInstead] = await first.printed(new RegExp(`^Port ${endpoint} is taken; the S3 endpoint gets port (\\d+)\\.$`, 'm'));
      expect([first.url, first.s3]).toEqual([`http://127.0.0.1:${pageInstead}/`, `http://127.0.0.1:${endpointInstead}`]);
    });

    test('lets no other into its folder, and shows after Ctrl-C and a new start what was uploaded before', async () => {
      const body = new Uint8Array(await makePhoto({ width: 300, height: 200 }));
      await fetch(`${first.url}api/uploads?key=one.jpg`, { method: 'POST', body });
      await first.printed(/^processed +one\.jpg/m);

      const { status, stderr } = serve('--state', state);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: `Another studio uses the state folder "${state}". End it first, or name another folder with --state.\n`,
      });
      expect(await first.interrupt()).toEqual({ code: 0, left: false });

      const second = await ServedStudio.start('--state', state);
      try {
        const events = await fetch(`${second.url}events`);
        const { value } = (await events.body?.getReader().read()) ?? {};
        const snapshot = JSON.parse(/^data: (.*)$/m.exec(Buffer.from(value ?? []).toString())?.[1] ?? '');
        expect(snapshot).toMatchObject({ deliveries: [{ key: 'one.jpg', status: 'processed' }], totals: { outcomes: { processed: 1 } } });
        expect((await fetch(`${second.url}api/deliveries/${snapshot.deliveries[0].id}/renditions/0`)).status).toBe(200);
      } finally {
        await second.interrupt();
      }
    });
  });

  test('ends on Ctrl-C without leaving a process', async () => {
    expect(await studio.interrupt()).toEqual({ code: 0, left: false });
  });
});

test.each([
  [['--json'], '--serve takes neither paths nor --json: upload to it once it runs.'],
  [['--state', 'out/state'], '--state and --out must be folders of their own, not "out/state" and "out".'],
])('--serve with %j is refused with a sentence', (options, sentence) => {
  expect(serve(...options)).toMatchObject({ status: 2, stderr: `${sentence}\n` });
});

test('--state with a folder of something else is refused with a sentence', async () => {
  const state = await mkdtemp(join(folder, 'diary-'));
  await writeFile(join(state, 'monday.txt'), 'Rain.');
  expect(serve('--state', state)).toMatchObject({
    status: 2,
    stderr: `The folder "${state}" holds something else than the state of a studio. Name an empty or a new folder with --state.\n`,
  });
});

test('--state without --serve is refused with a sentence', () => {
  expect(start('--state', folder)).toMatchObject({
    status: 2,
    stderr: '--state goes with --serve: a run on photos keeps nothing but its results.\n',
  });
});
