import type { Server } from 'node:http';
import { createServer } from 'node:net';

/** Whether a Host header names this machine; a page that had its own name resolved to 127.0.0.1 sends that name. */
export function isLoopbackHost(host: string | undefined): boolean {
  return /^((.+\.)?localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host ?? '');
}

/** Has a server listen on this machine alone; on a free port unless one is named. Its URL, without a slash at the end. */
export function listenOnLoopback(server: Server, port = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`);
    });
  });
}

/** Closes a server and what is connected to it: event streams, and connections of processes that were killed, would stay open. */
export function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return closed;
}

/** Whether a loopback port can be listened on; false if it is taken or not ours to take. */
export function isFreePort(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
