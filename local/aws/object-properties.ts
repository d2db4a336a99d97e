import type { HttpApp, HttpReply, HttpRequest } from './s3-endpoint.ts';

/** Headers of an upload that S3 returns with the object. */
const KEPT_HEADERS = ['cache-control', 'content-disposition', 'x-amz-storage-class'] as const;

interface Properties {
  readonly headers: Readonly<Record<string, string>>;
  /** As the XML that clients send and get. */
  readonly tagSet: string;
}

/**
 * The headers and tags of objects, which the embedded S3 does not keep. It would store the body of a PutObjectTagging as the object
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html).
 */
export class ObjectProperties {
  readonly #properties = new Map<string, Properties>();

  /** @param app the embedded S3, before it starts listening */
  constructor(app: HttpApp) {
    app.addHook('preHandler', async (request, reply) => this.#keep(request, reply));
    app.addHook('onSend', (request, reply, payload, done) => {
      if (request.method === 'GET' || request.method === 'HEAD') this.#addHeaders(request, reply);
      done(null, payload);
    });
  }

  /** Forgets the properties of an object that was replaced or deleted. Its name is `bucket/key`. */
  remove(name: string): void {
    this.#properties.delete(name);
  }

  async #keep(request: HttpRequest, reply: HttpReply): Promise<void> {
    if ('tagging' in Object(request.query)) return this.#answerTagging(request, reply);
    const name = nameOf(request);
    if (request.method === 'DELETE') this.#properties.delete(name);
    if (request.method === 'PUT') this.#properties.set(name, { headers: keptHeaders(request), tagSet: tagSetIn(request) });
  }

  async #answerTagging(request: HttpRequest, reply: HttpReply): Promise<void> {
    const name = nameOf(request);
    const { headers = {}, tagSet = NO_TAGS } = this.#properties.get(name) ?? {};
    if (request.method === 'GET') {
      await reply.code(200).type('application/xml').send(`<?xml version="1.0" encoding="UTF-8"?>\n<Tagging>${tagSet}</Tagging>`);
      return;
    }
    const isPut = request.method === 'PUT';
    const written = isPut ? String(request.body).match(/<TagSet>.*<\/TagSet>/s)?.[0] : undefined;
    this.#properties.set(name, { headers, tagSet: written ?? NO_TAGS });
    await reply.code(isPut ? 200 : 204).send('');
  }

  #addHeaders(request: HttpRequest, reply: HttpReply): void {
    const { headers = {} } = this.#properties.get(nameOf(request)) ?? {};
    if (reply.statusCode === 200) for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  }
}

const NO_TAGS = '<TagSet/>';

function keptHeaders({ headers }: HttpRequest): Record<string, string> {
  const sent = KEPT_HEADERS.filter((name) => headers[name] !== undefined);
  return Object.fromEntries(sent.map((name) => [name, String(headers[name])]));
}

function tagSetIn({ headers }: HttpRequest): string {
  const tags = [...new URLSearchParams(String(headers['x-amz-tagging'] ?? ''))];
  return `<TagSet>${tags.map(([key, value]) => `<Tag><Key>${escaped(key)}</Key><Value>${escaped(value)}</Value></Tag>`).join('')}</TagSet>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** Returns the name of the object that a request is for: `bucket/key`. */
export function nameOf({ params }: HttpRequest): string {
  const { bucket = '', '*': key = '' } = Object(params);
  return `${bucket}/${key}`;
}
