import { createServer, type Server } from 'node:http';
import { closeServer, listenOnLoopback } from '../../../local/aws/loopback.ts';

/** An answer as it travels, in the words of the service's API reference. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Stops talking after the body, without ending the answer. */
  readonly stalls?: boolean;
}

/** What a client asked. */
export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const NOT_SCRIPTED: Answer = { status: 501 };

/**
 * A server on loopback that answers with what a test scripts, and remembers what it was asked: for behaviour that no emulator has, such as
 * versions.
 */
export class ScriptedServer {
  url = '';
  readonly asked: Asked[] = [];
  /** How many answers the client did not wait for. */
  abandoned = 0;
  #answers: Answer[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      this.asked.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      const { status = 200, headers = {}, body: answer = '', stalls = false } = this.#answers.shift() ?? NOT_SCRIPTED;
      response.once('close', () => {
        if (!response.writableFinished) this.abandoned += 1;
      });
      response.writeHead(status, headers);
      if (request.method !== 'HEAD') response.write(answer);
      if (!stalls) response.end();
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    server.url = await listenOnLoopback(server.#server);
    return server;
  }

  /** Forgets what was asked, and answers the next requests so, one after another. */
  script(...answers: readonly Answer[]): void {
    this.asked.length = 0;
    this.abandoned = 0;
    this.#answers = [...answers];
  }

  close(): Promise<void> {
    return closeServer(this.#server);
  }
}

/** A refusal of S3. */
export function s3Refuses(status: number, code: string, { message = code, headers = {}, more = '' } = {}): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** For a client of a scripted server: what fails, fails at once. */
export const CLIENT = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
} as const;
