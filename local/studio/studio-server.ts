import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback } from '../aws/loopback.ts';
import { refuse } from './answers.ts';
import { streamEvents } from './event-stream.ts';
import { type PageFile, pagePolicy, readPageFiles } from './page-files.ts';
import { refusalOf } from './request-guard.ts';
import type { Studio } from './studio.ts';
import { StudioApi } from './studio-api.ts';

/** The page and its interface, on loopback. */
export interface StudioServer {
  readonly url: string;
  close(): Promise<void>;
}

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Pictures come from anyone: opened on their own, they may do nothing. The page itself gets its own policy.
  'content-security-policy': "default-src 'none'; sandbox",
};

/** Serves the studio. */
export async function serveStudio(studio: Studio, port: number): Promise<StudioServer> {
  const files = await readPageFiles();
  const api = new StudioApi(studio);
  const server = createServer((request, response) => {
    answer(request, response, { files, api, studio }).catch((error: Error) => fail(response, error));
  });
  const url = await listenOnLoopback(server, port);
  return { url: `${url}/`, close: () => closeServer(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { files, api, studio }: { files: ReadonlyMap<string, PageFile>; api: StudioApi; studio: Studio },
): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const refusal = refusalOf(request);
  if (refusal !== undefined) return refuse(response, 403, refusal);
  const { pathname } = new URL(request.url ?? '/', 'http://studio');
  const file = files.get(pathname);
  if (request.method === 'GET' && file !== undefined) return sendFile(response, file, pathname);
  if (request.method === 'GET' && pathname === '/events') return streamEvents(studio, response);
  if (!(await api.answer(request, response))) refuse(response, 404, 'There is nothing here.');
}

function sendFile(response: ServerResponse, file: PageFile, pathname: string): void {
  if (pathname === '/') response.setHeader('content-security-policy', pagePolicy(file));
  response.writeHead(200, { 'content-type': file.type, 'cache-control': 'no-cache' }).end(file.content);
}

function fail(response: ServerResponse, error: Error): void {
  if (response.headersSent) response.destroy();
  else refuse(response, 500, error.message);
}
