import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makePhoto } from '../../fixtures/photos.ts';
import { type RunningStudio, send, startStudio } from './running-studio.ts';

let running: RunningStudio;
let host: string;
let s3: string;

beforeAll(async () => {
  running = await startStudio();
  host = new URL(running.url).host;
  s3 = running.studio.pipeline?.localPipeline.endpoints.s3 ?? '';
});

afterAll(() => running.close());

describe('other pages in the user’s browser', () => {
  const intruders: [string, OutgoingHttpHeaders][] = [
    ['a page of another origin', { origin: 'https://example.com', 'sec-fetch-site': 'cross-site' }],
    ['a page whose name resolves to this machine', { host: 'rebound.example.com' }],
    ['a page on another port of this machine', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a picture in another page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
  ];

  test.each(intruders)('%s may not read', async (_who, headers) => {
    expect((await running.send('GET', '/events', { headers })).status).toBe(403);
  });

  test.each(intruders)('%s may not change anything', async (_who, headers) => {
    expect((await running.send('POST', '/api/faults/corrupt', { headers })).status).toBe(403);
    expect((await running.send('POST', '/api/uploads?key=planted.jpg', { headers, body: Buffer.from('x') })).status).toBe(403);
    expect(running.studio.pipeline?.list.all).toEqual([]);
  });

  test.each(intruders)('%s may not use the S3 endpoint', async (_who, headers) => {
    expect((await send(s3, 'GET', '/', { headers })).status).toBe(403);
    expect((await send(s3, 'PUT', '/any/key.jpg', { headers, body: Buffer.from('x') })).status).toBe(403);
  });

  test('may link to the page', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await running.send('GET', '/', { headers })).status).toBe(200);
  });

  test('may not put the page into a frame', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' };
    expect((await running.send('GET', '/', { headers })).status).toBe(403);
  });
});

test('an upload that is cut off affects no other upload', async () => {
  const { hostname, port } = new URL(running.url);
  const cut = connect(Number(port), hostname);
  cut.write(`POST /api/uploads?key=cut.jpg HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n`);
  // The server has begun to read.
  await once(cut, 'data');
  await new Promise<void>((sent) => cut.write('abc', () => sent()));
  cut.destroy();
  await once(cut, 'close');

  const body = await makePhoto({ width: 300, height: 200 });
  expect((await running.send('POST', '/api/uploads?key=whole.jpg', { body })).status).toBe(201);
  expect(running.studio.pipeline?.list.all.map(({ key }) => key)).toEqual(['whole.jpg']);
});

test('the page itself and tools on this machine have access', async () => {
  const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
  expect((await running.send('GET', '/app.js', { headers: own })).status).toBe(200);
  expect((await running.send('GET', '/app.js', { headers: { host: host.replace('127.0.0.1', 'localhost') } })).status).toBe(200);
});

test('the page may load only its own files, and runs no inline script', async () => {
  const { headers } = await running.send('GET', '/');
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' });
});

test('the page refers only to files that the server has', async () => {
  const { body } = await running.send('GET', '/');
  const paths = [...body.matchAll(/(?:src|href)="(?<path>[^"]+)"/g)].map(({ groups }) => groups?.path ?? '');
  const files = await Promise.all(paths.map((path) => running.send('GET', path)));

  expect(paths).toEqual(['/icon.svg', '/app.css', '/app.js']);
  expect(files.map(({ status, headers }) => `${status} ${headers['content-type']}`)).toEqual([
    '200 image/svg+xml',
    '200 text/css; charset=utf-8',
    '200 text/javascript; charset=utf-8',
  ]);
});

test.each([
  '/../package.json',
  '/..%2f..%2fpackage.json',
  '/%2e%2e/%2e%2e/package.json',
  '/page/../../package.json',
  '/app.tsx',
  '/index.html',
  '//etc/passwd',
  '/api/deliveries/1/renditions/../../../../etc/passwd',
  '/api/deliveries/__proto__/record',
  '/constructor',
])('there is nothing under %s', async (path) => {
  expect((await running.send('GET', path)).status).toBe(404);
});

describe('uploads', () => {
  const post = (query: string, headers: OutgoingHttpHeaders, body?: Buffer) =>
    running.send('POST', `/api/uploads?${query}`, { headers, ...(body && { body }) });

  test('need a key, a length, and at most 64 MB; others are refused unread', async () => {
    expect((await post('key=', { 'content-length': 0 })).status).toBe(400);
    expect((await post(`key=${'x'.repeat(1025)}`, { 'content-length': 0 })).status).toBe(400);
    expect((await post('key=a.jpg', { 'transfer-encoding': 'chunked' }, Buffer.from('x'))).status).toBe(411);
    expect((await post('key=a.jpg', { 'content-length': 65 * 1024 * 1024, expect: '100-continue' })).status).toBe(413);
  });

  test('with keys that look like paths write nothing outside the folder', async () => {
    const photo = await makePhoto({ width: 300, height: 200 });
    const key = '../../../escaped.jpg';
    await post(`key=${encodeURIComponent(key)}`, { 'content-length': photo.length }, photo);

    expect(await running.outcome((delivery) => delivery.key.endsWith('escaped.jpg'))).toMatchObject({ status: 'processed' });
    const files = await readdir(running.folder, { recursive: true });
    expect(files.filter((name) => name.endsWith('escaped.jpg'))).toHaveLength(1);
  });

  test('of HTML pages are served as downloads, never as pages', async () => {
    const page = Buffer.from('<script>alert(1)</script>');
    await post('key=page.jpg', { 'content-length': page.length, 'content-type': 'text/html' }, page);
    const { id } = await running.outcome(({ key }) => key === 'page.jpg');

    const { headers } = await running.send('GET', `/api/deliveries/${id}/original`);

    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['content-security-policy']).toContain('sandbox');
  });
});
