import { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { ObjectHead, OriginalStore, ReadResult } from '../ports.ts';
import { TransientFault } from '../transient-fault.ts';
import { deleteMarkerOf, httpStatusOf, unquoted } from './s3-answers.ts';
import { unreadable } from './unreadable-original.ts';

/** The upload bucket in S3. It needs `s3:ListBucket`: without it S3 answers 403, not 404, for a key that is not there. */
export class S3OriginalStore implements OriginalStore {
  readonly #client: S3Client;

  constructor(client: S3Client) {
    this.#client = client;
  }

  async head(bucket: string, key: string): Promise<ObjectHead | undefined> {
    try {
      const answer = await this.#client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return headOf(answer);
    } catch (error) {
      if (httpStatusOf(error) === 404) return undefined;
      // S3 answers so, without a word, for an object that is encrypted with a customer-provided key. A listing needs no key.
      if (httpStatusOf(error) === 400) return this.#listed(bucket, key);
      throw error;
    }
  }

  /** A second look at a key that was not found: only one that is not found either says whether a delete marker is on top. */
  async #hasDeleteMarker(bucket: string, key: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    } catch (error) {
      if (httpStatusOf(error) === 404) return deleteMarkerOf(error) !== undefined;
      throw error;
    }
    throw new TransientFault('NotFoundYet', 'S3 answered once that the object exists and once that it does not');
  }

  /** Looks the object up in the listing of the bucket, which does not tell its version. A key stands before all that it begins. */
  async #listed(bucket: string, key: string): Promise<ObjectHead | undefined> {
    const { Contents } = await this.#client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }));
    const first = Contents?.[0];
    return first?.Key === key ? headOf({ ...first, ContentLength: first.Size, VersionId: undefined }) : undefined;
  }

  async read({ bucket, key, etag, maxBytes }: Parameters<OriginalStore['read']>[0]): Promise<ReadResult> {
    const abort = new AbortController();
    try {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...(etag === undefined ? {} : { IfMatch: `"${etag}"` }) });
      const answer = await this.#client.send(command, { abortSignal: abort.signal });
      const announced = answer.ContentLength ?? 0;
      const bytes = announced > maxBytes ? undefined : await collect(answer.Body, maxBytes);
      if (bytes === undefined) {
        // Before the abort: the body would take its early end for a wrong checksum, an error that nobody listens for.
        if (answer.Body instanceof Readable) answer.Body.destroy();
        abort.abort();
        return { status: 'tooLarge', bytes: announced };
      }
      if (answer.ContentLength !== undefined && bytes.length !== answer.ContentLength) {
        throw new Error(`S3 sent ${bytes.length} of ${answer.ContentLength} bytes`);
      }
      const object = { ...headOf(answer), bytes, contentType: answer.ContentType ?? '', userMetadata: answer.Metadata ?? {} };
      return { status: 'read', object };
    } catch (error) {
      if (isMissingKey(error))
        return { status: 'gone', deleteMarker: deleteMarkerOf(error) !== undefined || (await this.#hasDeleteMarker(bucket, key)) };
      if (httpStatusOf(error) === 412) return { status: 'replaced' };
      const why = unreadable(error);
      if (why !== undefined) return { status: 'unreadable', ...why };
      throw error;
    }
  }
}

/** The whole body, or undefined as soon as it has more than `maxBytes`: the size in an answer is only a claim. */
async function collect(body: unknown, maxBytes: number): Promise<Buffer | undefined> {
  if (!(body instanceof Readable)) throw new TypeError('S3 sent an answer without a body');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

function headOf(answer: Pick<GetObjectCommandOutput, 'ETag' | 'VersionId' | 'ContentLength' | 'LastModified'>): ObjectHead {
  return {
    etag: unquoted(answer.ETag),
    versionId: answer.VersionId,
    size: answer.ContentLength ?? 0,
    lastModified: answer.LastModified ?? new Date(0),
  };
}

/** A missing bucket is also a 404, but a fault of the deployment, not a deleted photo. */
function isMissingKey(error: unknown): boolean {
  return httpStatusOf(error) === 404 && error instanceof Error && error.name !== 'NoSuchBucket';
}
