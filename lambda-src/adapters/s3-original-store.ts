import { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { ObjectHead, OriginalStore, ReadResult } from '../ports.ts';
import { TransientFault } from '../transient-fault.ts';
import { deleteMarkerOf, httpStatusOf, unquoted } from './s3-answers.ts';
import { unreadable } from './unreadable-original.ts';

/** The upload bucket in S3. Needs `s3:ListBucket`; without it, S3 returns 403 instead of 404 for a missing key. */
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
      // S3 returns a bare 400 for an object that is encrypted with a customer-provided key. A listing does not need the key.
      if (httpStatusOf(error) === 400) return this.#listed(bucket, key);
      throw error;
    }
  }

  /** Checks a key that was not found a second time. The 404 of a HEAD says whether a delete marker is on top. */
  async #hasDeleteMarker(bucket: string, key: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    } catch (error) {
      if (httpStatusOf(error) === 404) return deleteMarkerOf(error) !== undefined;
      throw error;
    }
    throw new TransientFault('NotFoundYet', 'S3 did not find the object, then found it');
  }

  /** Looks the object up in a listing of the bucket, which does not include versions. A key sorts before all longer keys that it is a prefix of. */
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
        // Destroy the body before the abort. It would otherwise report its early end as a checksum mismatch, an unhandled error.
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

/** Reads the whole body; returns undefined as soon as it exceeds `maxBytes`, because `ContentLength` may be wrong. */
async function collect(body: unknown, maxBytes: number): Promise<Buffer | undefined> {
  if (!(body instanceof Readable)) throw new TypeError('S3 sent a response without a body');
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

/** Excludes the 404 for a missing bucket, which is a deployment fault and not a deleted photo. */
function isMissingKey(error: unknown): boolean {
  return httpStatusOf(error) === 404 && error instanceof Error && error.name !== 'NoSuchBucket';
}
