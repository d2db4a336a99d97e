import { createServer } from 'node:net';

/** Whether a Host header names this machine; a page that had its own name resolved to 127.0.0.1 sends that name. */
export function isLoopbackHost(host: string | undefined): boolean {
  return /^((.+\.)?localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host ?? '');
}

/** The wanted loopback port, or a free one when it is taken. */
export async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? 0;
}

/** The port that was got; undefined when it is taken or not ours to take. */
function tryPort(wanted: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
