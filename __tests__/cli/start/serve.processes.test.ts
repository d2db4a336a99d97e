import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isFreePort } from '../../../local/aws/loopback.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { ServedStudio } from '../../local/studio/served-studio.ts';
import { type Ended, runProgram } from '../../started-program.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-'));
});

afterAll(() => rm(folder, { recursive: true }));

const start = (...options: string[]): Promise<Ended> => runProgram(['cli/start.ts', ...options]);
const serve = (...options: string[]): Promise<Ended> => start('--serve', ...options);

/** A free port out of reach of other programs: systems choose ports for connections from 32768 up. */
async function freePort(not = 0): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (port !== not && (await isFreePort(port))) return port;
  }
}

/** What the page is told first. */
async function snapshotOf(studio: ServedStudio) {
  const { body } = await fetch(`${studio.url}events`);
  let received = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    received += chunk;
    const [, data] = /^data: (.*)\n\n/m.exec(received) ?? [];
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error(`The studio told nothing but ${received}`);
}

describe('the served local pipeline', () => {
  let studio: ServedStudio;
  let page: number;
  let endpoint: number;

  beforeAll(async () => {
    page = await freePort();
    endpoint = await freePort(page);
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

      expect(await serve('--state', state)).toMatchObject({
        code: 2,
        stderr: `Another studio uses the state folder "${state}". End it first, or name another folder with --state.\n`,
      });
      expect(await first.interrupt()).toBe(0);

      const second = await ServedStudio.start('--state', state);
      try {
        const snapshot = await snapshotOf(second);
        expect(snapshot).toMatchObject({ deliveries: [{ key: 'one.jpg', status: 'processed' }], totals: { outcomes: { processed: 1 } } });
        expect((await fetch(`${second.url}api/deliveries/${snapshot.deliveries[0].id}/renditions/0`)).status).toBe(200);
      } finally {
        await second.interrupt();
      }
    });
  });

  test('ends on Ctrl-C without leaving a process', async () => {
    expect(await studio.interrupt()).toBe(0);
  });
});

test.each([
  [['--json'], '--serve takes neither paths nor --json: upload to it once it runs.'],
  [['--state', 'out/state'], '--state and --out must be folders of their own, not "out/state" and "out".'],
])('--serve with %j is refused with a sentence', async (options, sentence) => {
  expect(await serve(...options)).toMatchObject({ code: 2, stderr: `${sentence}\n` });
});

test('--state with a folder of something else is refused with a sentence', async () => {
  const state = await mkdtemp(join(folder, 'diary-'));
  await writeFile(join(state, 'monday.txt'), 'Rain.');
  expect(await serve('--state', state)).toMatchObject({
    code: 2,
    stderr: `The folder "${state}" holds something else than the state of a studio. Name an empty or a new folder with --state.\n`,
  });
});

test('--state without --serve is refused with a sentence', async () => {
  expect(await start('--state', folder)).toMatchObject({
    code: 2,
    stderr: '--state goes with --serve: a run on photos keeps nothing but its results.\n',
  });
});
