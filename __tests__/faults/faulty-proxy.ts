import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback } from '../../local/aws/loopback.ts';

/** Ways in which a network or a service can fail a request. */
export type Fault =
  /** Answers in place of the service, which never receives the request. */
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** Cuts the connection before the request arrives. */
  | { readonly kind: 'reset' }
  /** Lets the request take effect and cuts the connection instead of answering. */
  | { readonly kind: 'loseAnswer' }
  /** Cuts the connection in the middle of the answer's body. */
  | { readonly kind: 'resetMidBody' }
  /** Stops talking in the middle of the answer's body. */
  | { readonly kind: 'stallMidBody' };

interface Rule {
  readonly matches: (request: IncomingMessage) => boolean;
  readonly fault: Fault;
  left: number;
}

/** A loopback proxy in front of an emulated service that breaks selected requests on the wire. */
export class FaultyProxy {
  url = '';
  readonly #server: Server;
  readonly #target: URL;
  #rules: Rule[] = [];
  /** Called for every request that passes, before and after it takes effect. */
  onRequest: ((request: IncomingMessage, phase: 'before' | 'after') => void) | undefined;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async before(target: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    proxy.url = await listenOnLoopback(proxy.#server);
    return proxy;
  }

  /** Breaks the next `times` requests that match. */
  breakNext(matches: (request: IncomingMessage) => boolean, fault: Fault, times = 1): void {
    this.#rules.push({ matches, fault, left: times });
  }

  heal(): void {
    this.#rules = [];
  }

  close(): Promise<void> {
    return closeServer(this.#server);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const rule = this.#rules.find(({ left, matches }) => left > 0 && matches(request));
    if (rule !== undefined) rule.left -= 1;
    const fault = rule?.fault;
    if (fault?.kind === 'reset') return void request.socket.destroy();
    if (fault?.kind === 'answer')
      return void response.writeHead(fault.status, { 'content-type': 'application/xml', ...fault.headers }).end(fault.body);
    this.onRequest?.(request, 'before');
    const answer = await this.#forward(request, body);
    this.onRequest?.(request, 'after');
    if (fault?.kind === 'loseAnswer') return void request.socket.destroy();
    response.writeHead(answer.status, answer.headers);
    if (fault === undefined) return void response.end(answer.body);
    response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)));
    if (fault.kind === 'resetMidBody') setImmediate(() => request.socket.destroy());
  }

  #forward(request: IncomingMessage, body: Buffer): Promise<{ status: number; headers: string[]; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#target;
      const forwarded = httpRequest(
        { hostname, port, path: request.url, method: request.method, headers: request.headers },
        async (answer) => {
          resolve({ status: answer.statusCode ?? 502, headers: answer.rawHeaders, body: Buffer.concat(await answer.toArray()) });
        },
      );
      forwarded.on('error', reject);
      forwarded.end(body);
    });
  }
}

/** Makes an error response of S3. `more` is XML that follows the message. */
export function s3Error(status: number, code: string, message = code, more = '', headers: Readonly<Record<string, string>> = {}): Fault {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;
  return { kind: 'answer', status, headers, body };
}

/** Makes an error response of DynamoDB. */
export function dynamoError(status: number, type: string): Fault {
  return { kind: 'answer', status, body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type }) };
}
