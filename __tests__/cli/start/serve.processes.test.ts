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

const start = (...options: string[]): Promise<Ended> => runProgram(['cli/launch.mjs', ...options]);
const serve = (...options: string[]): Promise<Ended> => start('--serve', ...options);

/** A free port out of reach of other programs: systems choose ports for connections from 32768 up. */
async function freePort(not = 0): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (port !== not && (await isFreePort(port))) return port;
  }
}

/** What the page receives first. */
async function snapshotOf(studio: ServedStudio) {
  const { body } = await fetch(`${studio.url}events`);
  let received = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    received += chunk;
    const [, data] = /^data: (.*)\n\n/m.exec(received) ?? [];
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error(`The studio sent only ${received}`);
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

  test('uses the requested ports', async () => {
    expect({ page: studio.url, s3: studio.s3 }).toEqual({ page: `http://127.0.0.1:${page}/`, s3: `http://127.0.0.1:${endpoint}` });
    expect((await fetch(studio.url)).status).toBe(200);
    expect((await fetch(studio.s3, { redirect: 'manual' })).headers.get('content-type')).toContain('xml');
  });

  test('prints an upload command, and a line for each photo', async () => {
    const [, Bucket = '', prefix] = await studio.printed(/aws --endpoint-url \S+ s3 cp photo\.jpg s3:\/\/([^/]+)\/(\S*)/);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const s3 = new S3Client({ endpoint: studio.s3, region: 'us-east-1', forcePathStyle: true, credentials });
    await s3.send(new PutObjectCommand({ Bucket, Key: `${prefix}my photo.jpg`, Body: await makePhoto({ width: 300, height: 200 }) }));
    s3.destroy();

    await studio.printed(/^processed +uploads\/my photo\.jpg/m);
  });

  describe('a second one, with --state', () => {
    let state: string;
    let first: ServedStudio;

    beforeAll(async () => {
      state = join(folder, 'state');
      first = await ServedStudio.start('--state', state, '--port', String(page), '--s3-port', String(endpoint));
    });

    test('uses free ports and says so, because the requested ports are in use', async () => {
      const [, pageInstead] = await first.printed(new RegExp(`^Port ${page} is in use; the page uses port (\\d+)\\.$`, 'm'));
      const [, endpointInstead] = await first.printed(new RegExp(`^Port ${endpoint} is in use; the S3 endpoint uses port (\\d+)\\.$`, 'm'));
      expect([first.url, first.s3]).toEqual([`http://127.0.0.1:${pageInstead}/`, `http://127.0.0.1:${endpointInstead}`]);
    });

    test('locks its folder, and shows earlier uploads after Ctrl-C and a restart', async () => {
      const body = new Uint8Array(await makePhoto({ width: 300, height: 200 }));
      await fetch(`${first.url}api/uploads?key=one.jpg`, { method: 'POST', body });
      await first.printed(/^processed +one\.jpg/m);

      expect(await serve('--state', state)).toMatchObject({
        code: 2,
        stderr: `Another studio is using the state folder "${state}". Stop it first, or choose another folder with --state.\n`,
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

  test('stops on Ctrl-C without leaving a process', async () => {
    expect(await studio.interrupt()).toBe(0);
  });
});

test.each([
  [['--json'], '--serve takes neither paths nor --json: upload photos once it is running.'],
  [['--state', 'out/state'], '--state and --out must be separate folders, not "out/state" and "out".'],
])('--serve with %j is rejected with a message', async (options, sentence) => {
  expect(await serve(...options)).toMatchObject({ code: 2, stderr: `${sentence}\n` });
});

test('--state with a folder of other files is rejected with a message', async () => {
  const state = await mkdtemp(join(folder, 'diary-'));
  await writeFile(join(state, 'monday.txt'), 'Rain.');
  expect(await serve('--state', state)).toMatchObject({
    code: 2,
    stderr: `The folder "${state}" holds something other than studio state. Choose an empty or new folder with --state.\n`,
  });
});

test('--state without --serve is rejected with a message', async () => {
  expect(await start('--state', folder)).toMatchObject({
    code: 2,
    stderr: '--state requires --serve: a run on photos keeps only its results.\n',
  });
});
