import { createServer, type Server } from 'node:http';

/** Whether a Host header names this machine. This blocks DNS rebinding, where a page's own host name resolves to 127.0.0.1. */
export function isLoopbackHost(host: string | undefined): boolean {
  return /^((.+\.)?localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host ?? '');
}

/** Starts a server on loopback, on a free port unless one is given. Returns its URL without a trailing slash. */
export function listenOnLoopback(server: Server, port = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`);
    });
  });
}

/** Closes a server and its connections; event streams and connections of killed processes would otherwise stay open. */
export function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return closed;
}

/** Whether a loopback port is available; false if it is in use or needs more privileges. */
export function isFreePort(port: number): Promise<boolean> {
  const server = createServer();
  const probing = listenOnLoopback(server, port).then(() => closeServer(server));
  return probing.then(
    () => true,
    () => false,
  );
}
