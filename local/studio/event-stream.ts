import type { ServerResponse } from 'node:http';
import type { Studio } from './studio.ts';

/** Keeps proxies and browsers from taking a quiet stream for a dead one. */
const HEARTBEAT_MILLISECONDS = 15_000;

/** Sends a page everything, and then every change (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function streamEvents(studio: Studio, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = (event: string, data: unknown): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const unwatch = studio.watch({ snapshot: (snapshot) => send('snapshot', snapshot), change: (change) => send('change', change) });
  const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MILLISECONDS);
  response.once('close', () => {
    clearInterval(heartbeat);
    unwatch();
  });
}
