import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { closeServer, isLoopbackHost, listenOnLoopback } from '../aws/loopback.ts';
import type { Studio } from './studio.ts';
import { refuse, StudioApi } from './studio-api.ts';

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Uploaded pictures are untrusted: opened in a tab, they may do nothing. The page has another policy.
  'content-security-policy': "default-src 'none'; sandbox",
};

/** Serves the page and its API on loopback. */
export async function serveStudio(studio: Studio, port: number): Promise<{ url: string; close(): Promise<void> }> {
  const files = await bundlePage();
  const api = new StudioApi(studio);
  const server = createServer((request, response) => {
    answer(request, response, files, api).catch((error: Error) => fail(response, error));
  });
  const url = await listenOnLoopback(server, port);
  return { url: `${url}/`, close: () => closeServer(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, PageFile>,
  api: StudioApi,
): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const refusal = refusalOf(request);
  if (refusal !== undefined) return refuse(response, 403, refusal);
  const { pathname } = new URL(request.url ?? '/', 'http://studio');
  const file = request.method === 'GET' ? files.get(pathname) : undefined;
  if (file !== undefined) return sendFile(response, file, pathname);
  if (!(await api.answer(request, response))) refuse(response, 404, 'There is nothing here.');
}

/**
 * Why a request is refused; undefined if it is allowed. Other pages in the user's browser can reach this port, and a page whose name
 * resolves to 127.0.0.1 (DNS rebinding) even counts as the same origin: neither may read or change anything.
 */
function refusalOf({ headers, method, url }: IncomingMessage): string | undefined {
  if (!isLoopbackHost(headers.host)) return 'This server answers only to the names of this machine.';
  const site = headers['sec-fetch-site'] ?? 'none';
  const isOwn = headers.origin === undefined || headers.origin === `http://${headers.host}`;
  if (isOwn && (site === 'same-origin' || site === 'none')) return undefined;
  const isLink = method === 'GET' && url === '/' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isOwn && isLink ? undefined : 'Other pages may not use this server.';
}

function sendFile(response: ServerResponse, file: PageFile, pathname: string): void {
  if (pathname === '/') response.setHeader('content-security-policy', PAGE_POLICY);
  response.writeHead(200, { 'content-type': file.type, 'cache-control': 'no-cache' }).end(file.content);
}

function fail(response: ServerResponse, error: Error): void {
  if (response.headersSent) response.destroy();
  else refuse(response, 500, error.message);
}

/** A file of the page. */
interface PageFile {
  readonly type: string;
  readonly content: string | Uint8Array;
}

const PAGE = fileURLToPath(new URL('page', import.meta.url));

/** Allows the page only to load its own files and to talk to this server. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Builds every file that the page may ask for, by path. The server serves no others, so no path can escape. */
async function bundlePage(): Promise<ReadonlyMap<string, PageFile>> {
  const [{ outputFiles }, html, icon] = await Promise.all([
    build({ absWorkingDir: PAGE, entryPoints: ['app.tsx'], outdir: '.', bundle: true, minify: true, format: 'esm', write: false }),
    readFile(`${PAGE}/index.html`),
    readFile(`${PAGE}/icon.svg`),
  ]);
  const bundles = outputFiles.map(({ path, contents }) => {
    const type = path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
    return [`/${basename(path)}`, { type, content: contents }] as const;
  });
  return new Map<string, PageFile>([
    ['/', { type: 'text/html; charset=utf-8', content: html }],
    ['/icon.svg', { type: 'image/svg+xml', content: icon }],
    ...bundles,
  ]);
}
