import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../local/loopback.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { ServedStudio } from './served-studio.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-'));
});

afterAll(() => rm(folder, { recursive: true }));

function start(...options: string[]): SpawnSyncReturns<string> {
  const command = ['--import', 'tsx', 'cli/start.ts', ...options];
  return spawnSync(process.execPath, command, { cwd: resolve(import.meta.dirname, '../..'), encoding: 'utf8', timeout: 10_000 });
}

const serve = (...options: string[]): SpawnSyncReturns<string> => start('--serve', ...options);

/** A server that has a port. */
async function listening(): Promise<{ server: Server; port: number }> {
  const port = await freePort(0);
  const server = createServer();
  await new Promise<void>((listens) => server.listen(port, '127.0.0.1', listens));
  return { server, port };
}

test('the served twin prints a command that uploads, tells of each photo and ends on Ctrl-C without leaving a process', async () => {
  const studio = await ServedStudio.start('--preset', 'upload-processing');
  const [, Bucket = '', prefix] = await studio.printed(/aws --endpoint-url \S+ s3 cp photo\.jpg s3:\/\/([^/]+)\/(\S*)/);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const s3 = new S3Client({ endpoint: studio.s3, region: 'us-east-1', forcePathStyle: true, credentials });
  await s3.send(new PutObjectCommand({ Bucket, Key: `${prefix}my photo.jpg`, Body: await makePhoto({ width: 300, height: 200 }) }));
  s3.destroy();

  await studio.printed(/^processed +uploads\/my photo\.jpg/m);

  expect((await fetch(studio.url)).status).toBe(200);
  expect(await studio.interrupt()).toEqual({ code: 0, left: false });
});

describe('ports', () => {
  test('are the ones that were asked for when they are free', async () => {
    const [page, endpoint] = [await freePort(0), await freePort(0)];
    const studio = await ServedStudio.start('--port', String(page), '--s3-port', String(endpoint));
    try {
      expect({ page: studio.url, s3: studio.s3 }).toEqual({ page: `http://127.0.0.1:${page}/`, s3: `http://127.0.0.1:${endpoint}` });
      expect((await fetch(studio.url)).status).toBe(200);
      expect((await fetch(studio.s3, { redirect: 'manual' })).headers.get('content-type')).toContain('xml');
    } finally {
      await studio.interrupt();
    }
  });

  test('are free ones, and it is said, when others have those that were asked for', async () => {
    const others = await Promise.all([listening(), listening()]);
    const [page, endpoint] = others.map(({ port }) => port);
    const studio = await ServedStudio.start('--port', String(page), '--s3-port', String(endpoint));
    try {
      const [, pageInstead] = await studio.printed(new RegExp(`^Port ${page} is taken; the page gets port (\\d+)\\.$`, 'm'));
      const [, endpointInstead] = await studio.printed(new RegExp(`^Port ${endpoint} is taken; the S3 endpoint gets port (\\d+)\\.$`, 'm'));
      expect([studio.url, studio.s3]).toEqual([`http://127.0.0.1:${pageInstead}/`, `http://127.0.0.1:${endpointInstead}`]);
      expect((await fetch(studio.url)).status).toBe(200);
    } finally {
      await studio.interrupt();
      for (const { server } of others) server.close();
    }
  });
});

describe('--state', () => {
  test('shows after Ctrl-C and a new start what was uploaded before, and lets no other studio into the folder meanwhile', async () => {
    const state = join(folder, 'state');
    const first = await ServedStudio.start('--state', state);
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
