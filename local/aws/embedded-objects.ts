import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';

type Method = 'GET' | 'DELETE';

/** What is used of the embedded server to answer requests of this very process. */
interface InjectableApp {
  inject(request: {
    readonly method: Method;
    readonly url: string;
    /** Otherwise every payload is also decoded as text, which takes 7 ms per megabyte. */
    readonly payloadAsStream: true;
  }): Promise<Answer>;
}

interface Answer {
  readonly statusCode: number;
  stream(): Readable;
}

/**
 * The objects of the embedded S3, for the process that it runs in: the same requests as an S3 client's, through the same routes, but without
 * a socket, a signature and checksums in between.
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
    // Slashes are encoded as well, so that `..` in a key is no segment of the URL, which would be resolved.
    const url = `/${bucket}/${encodeURIComponent(key)}`;
    const answer = await this.#app.inject({ method, url, payloadAsStream: true });
    if (answer.statusCode < 300) return answer;
    const reason = await text(answer.stream());
    throw new Error(`The embedded S3 answered ${answer.statusCode} to ${method} of ${key} in ${bucket}: ${reason.slice(0, 500)}`);
  }
}
