import { finished, PassThrough, Readable } from 'node:stream';
import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** An object for the upload bucket. */
export interface StudioUpload {
  readonly key: string;
  readonly body: Buffer | Readable;
  readonly bytes: number;
  readonly contentType?: string | undefined;
}

/** The upload bucket, through an ordinary S3 client. */
export class UploadBucket {
  readonly #s3: S3Client;
  readonly #name: string;

  constructor(s3: S3Client, name: string) {
    this.#s3 = s3;
    this.#name = name;
  }

  async put({ key, body, bytes, contentType }: StudioUpload): Promise<void> {
    const disconnect = new AbortController();
    const object = {
      Bucket: this.#name,
      Key: key,
      ContentType: contentType,
      Body: untilDisconnect(body, disconnect),
      ContentLength: bytes,
    };
    await this.#s3.send(new PutObjectCommand(object), { abortSignal: disconnect.signal });
  }

  /** Copies an object onto itself: a new version, with its own event. */
  async putAgain(key: string): Promise<void> {
    const CopySource = encodeURIComponent(`${this.#name}/${key}`);
    await this.#s3.send(new CopyObjectCommand({ Bucket: this.#name, Key: key, CopySource }));
  }

  /** Undefined if it was deleted. */
  async head(key: string): Promise<{ eTag: string | undefined; size: number | undefined } | undefined> {
    const head = await this.#s3.send(new HeadObjectCommand({ Bucket: this.#name, Key: key })).catch(() => undefined);
    return head && { eTag: head.ETag, size: head.ContentLength };
  }

  /** Undefined if it was deleted. */
  async read(key: string): Promise<Readable | undefined> {
    const object = await this.#s3.send(new GetObjectCommand({ Bucket: this.#name, Key: key })).catch(() => undefined);
    return object?.Body instanceof Readable ? object.Body : undefined;
  }
}

/** Aborts if the client disconnects; the SDK's own stream would throw unhandled. */
function untilDisconnect(body: Buffer | Readable, disconnect: AbortController): Buffer | Readable {
  if (!(body instanceof Readable)) return body;
  finished(body, (error) => {
    if (error) disconnect.abort();
  });
  return body.pipe(new PassThrough());
}
