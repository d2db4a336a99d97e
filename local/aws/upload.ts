import type { S3Client } from '@aws-sdk/client-s3';
import { Upload as ManagedUpload } from '@aws-sdk/lib-storage';

/** A photo to upload. */
export interface Upload {
  /** Decoded. */
  readonly key: string;
  readonly body: Buffer;
  readonly contentType?: string | undefined;
  /** User metadata, US-ASCII. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Photos above 8 MB are uploaded in parts, as by `aws s3 cp`; the embedded S3 accepts at most 11 MB per request. */
const PART_BYTES = 8 * 1024 * 1024;

/** Uploads a photo. Returns what its event says about it. */
export async function uploadTo(s3: S3Client, Bucket: string, { key, body, contentType, metadata }: Upload) {
  const inParts = body.length > PART_BYTES;
  const params = { Bucket, Key: key, Body: body, ContentType: contentType, Metadata: { ...metadata } };
  const { ETag } = await new ManagedUpload({ client: s3, params, partSize: PART_BYTES, queueSize: 1 }).done();
  return { eventName: inParts ? 'ObjectCreated:CompleteMultipartUpload' : 'ObjectCreated:Put', size: body.length, eTag: ETag } as const;
}
