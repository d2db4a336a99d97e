import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';

type Method = 'GET' | 'DELETE';

/** The part of the embedded server that answers requests from its own process. */
interface InjectableApp {
  inject(request: {
    readonly method: Method;
    readonly url: string;
    /** Without this, every payload is also decoded as text, which takes 7 ms per megabyte. */
    readonly payloadAsStream: true;
  }): Promise<Answer>;
}

interface Answer {
  readonly statusCode: number;
  stream(): Readable;
}

/**
 * Accesses the objects of the embedded S3 from the process it runs in. Requests use the same routes as those of an S3 client, but need no
 * socket, signature or checksums.
 */
export class EmbeddedObjects {
  readonly #app: InjectableApp;

  constructor(app: InjectableApp) {
    this.#app = app;
  }

  async read(bucket: string, key: string): Promise<Buffer> {
    return buffer((await this.#request('GET', bucket, key)).stream());
  }

  async remove(bucket: string, key: string): Promise<void> {
    await this.#request('DELETE', bucket, key);
  }

  async #request(method: Method, bucket: string, key: string): Promise<Answer> {
    // Encode slashes, too; otherwise `..` in a key would be resolved as a URL segment.
    const url = `/${bucket}/${encodeURIComponent(key)}`;
    const answer = await this.#app.inject({ method, url, payloadAsStream: true });
    if (answer.statusCode < 300) return answer;
    const reason = await text(answer.stream());
    throw new Error(`The embedded S3 answered ${answer.statusCode} to ${method} of ${key} in ${bucket}: ${reason.slice(0, 500)}`);
  }
}
