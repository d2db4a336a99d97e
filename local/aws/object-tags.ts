import type { HttpApp, HttpReply, HttpRequest } from './s3-endpoint.ts';

/**
 * The tags of objects, which the embedded S3 does not have: it would store the body of a PutObjectTagging as the object. They are kept as the
 * XML that clients send and get (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html).
 */
export class ObjectTags {
  readonly #tagSets = new Map<string, string>();

  /** @param app the embedded S3, before it starts listening */
  constructor(app: HttpApp) {
    app.addHook('preHandler', async (request, reply) => this.#answer(request, reply));
  }

  /** Removes the tags of an object that was replaced or deleted. */
  remove(bucket: string, key: string): void {
    this.#tagSets.delete(`${bucket}/${key}`);
  }

  async #answer({ method, params, query, body }: HttpRequest, reply: HttpReply): Promise<void> {
    const { bucket = '', '*': key = '' } = Object(params);
    const name = `${bucket}/${key}`;
    const isWrite = method === 'PUT' || method === 'DELETE';
    if (isWrite) this.remove(bucket, key);
    if (!('tagging' in Object(query))) return;
    if (method === 'PUT') this.#tagSets.set(name, String(body).match(/<TagSet>.*<\/TagSet>/s)?.[0] ?? '');
    if (isWrite) await reply.code(method === 'PUT' ? 200 : 204).send('');
    else {
      const answer = `<?xml version="1.0" encoding="UTF-8"?>\n<Tagging>${this.#tagSets.get(name) ?? '<TagSet/>'}</Tagging>`;
      await reply.code(200).type('application/xml').send(answer);
    }
  }
}
