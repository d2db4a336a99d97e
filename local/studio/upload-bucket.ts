import { finished, PassThrough, Readable } from 'node:stream';
import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** An object for the upload bucket. */
export interface StudioUpload {
  readonly key: string;
  readonly body: Buffer | Readable;
  readonly bytes: number;
  readonly contentType?: string | undefined;
}

/** The upload bucket, used as any S3 client would. */
export class UploadBucket {
  readonly #s3: S3Client;
  readonly #name: string;

  constructor(s3: S3Client, name: string) {
    this.#s3 = s3;
    this.#name = name;
  }

  async put({ key, body, bytes, contentType }: StudioUpload): Promise<void> {
    const cut = new AbortController();
    const object = { Bucket: this.#name, Key: key, ContentType: contentType, Body: untilCut(body, cut), ContentLength: bytes };
    await this.#s3.send(new PutObjectCommand(object), { abortSignal: cut.signal });
  }

  /** Puts an object where it stands already: a new version of it, with an event of its own. */
  async putAgain(key: string): Promise<void> {
    const CopySource = encodeURIComponent(`${this.#name}/${key}`);
    await this.#s3.send(new CopyObjectCommand({ Bucket: this.#name, Key: key, CopySource }));
  }

  /** Undefined when it was deleted meanwhile. */
  async head(key: string): Promise<{ eTag: string | undefined; size: number | undefined } | undefined> {
    const head = await this.#s3.send(new HeadObjectCommand({ Bucket: this.#name, Key: key })).catch(() => undefined);
    return head && { eTag: head.ETag, size: head.ContentLength };
  }

  /** Undefined when it was deleted meanwhile. */
  async read(key: string): Promise<Readable | undefined> {
    const object = await this.#s3.send(new GetObjectCommand({ Bucket: this.#name, Key: key })).catch(() => undefined);
    return object?.Body instanceof Readable ? object.Body : undefined;
  }
}

/** A body for the SDK, whose own stream throws where nobody listens when the sender goes away in the middle: it is aborted instead. */
function untilCut(body: Buffer | Readable, cut: AbortController): Buffer | Readable {
  if (!(body instanceof Readable)) return body;
  finished(body, (error) => {
    if (error) cut.abort();
  });
  return body.pipe(new PassThrough());
}
