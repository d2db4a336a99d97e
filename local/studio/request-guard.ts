import type { IncomingMessage } from 'node:http';
import { isLoopbackHost } from '../aws/loopback.ts';

/**
 * Why a request is refused; undefined when it is not. Other pages in the user's browser can reach this port, and one whose name was
 * made to resolve to 127.0.0.1 even counts as ours to the browser: neither may read or change anything.
 */
export function refusalOf({ headers, method, url }: IncomingMessage): string | undefined {
  if (!isLoopbackHost(headers.host)) return 'This server answers only under the names of this machine.';
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) return 'Other pages may not use this server.';
  const site = headers['sec-fetch-site'] ?? 'none';
  if (site === 'same-origin' || site === 'none') return undefined;
  const follows = method === 'GET' && url === '/' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return follows ? undefined : 'Other pages may not use this server.';
}
