import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { closeServer, listenOnLoopback } from '../../local/aws/loopback.ts';

/** A loopback server that forwards requests one at a time. */
export interface Turnstile {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a proxy for another server that forwards one request at a time. */
export async function oneAtATime(target: string): Promise<Turnstile> {
  let last = Promise.resolve();
  const server = createServer((incoming, outgoing) => {
    last = last.then(() => forward(target, incoming, outgoing)).catch(() => void outgoing.destroy());
  });
  return { url: await listenOnLoopback(server), close: () => closeServer(server) };
}

/** Forwards a request to another server, and its answer back. */
export async function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method, headers, url = '' } = incoming;
  // `Expect: 100-continue` has already been answered. Keep the host, which the server uses for URLs in responses.
  const { expect: _, ...forwarded } = headers;
  const upstream = request(target + url, { method, headers: forwarded });
  const answered = new Promise<IncomingMessage>((resolve, reject) => upstream.once('response', resolve).once('error', reject));
  const [answer] = await Promise.all([answered, pipeline(incoming, upstream)]);
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  await pipeline(answer, outgoing);
}
