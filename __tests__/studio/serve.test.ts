import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { freePort } from '../../local/loopback.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { ServedStudio } from './served-studio.ts';

test('the served twin prints a command that uploads, tells of each photo and ends on Ctrl-C without leaving a process', async () => {
  const studio = await ServedStudio.start('--preset', 'upload-processing');
  const [, endpoint = '', Bucket = '', prefix] = await studio.printed(/aws --endpoint-url (\S+) s3 cp photo\.jpg s3:\/\/([^/]+)\/(\S*)/);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const s3 = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await s3.send(new PutObjectCommand({ Bucket, Key: `${prefix}my photo.jpg`, Body: await makePhoto({ width: 300, height: 200 }) }));
  s3.destroy();

  await studio.printed(/^processed +uploads\/my photo\.jpg/m);

  expect((await fetch(studio.url)).status).toBe(200);
  expect(await studio.interrupt()).toEqual({ code: 0, left: false });
});

test('a port that is taken is replaced by a free one', async () => {
  const taken = await freePort(0);
  const server = createServer().listen(taken, '127.0.0.1');

  const port = await freePort(taken);

  expect(port).toBeGreaterThan(0);
  expect(port).not.toBe(taken);
  server.close();
});

test('photos and --json are refused together with --serve, with a sentence', () => {
  const command = ['--import', 'tsx', 'cli/start.ts', '--serve', '--json'];
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: resolve(import.meta.dirname, '../..'), encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 2, stderr: '--serve takes neither paths nor --json: upload to it once it runs.\n' });
});
