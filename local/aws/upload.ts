import { createReadStream } from 'node:fs';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { S3EventName } from './s3-event.ts';

/** A photo to upload. */
export interface Upload {
  /** Decoded. */
  readonly key: string;
  /** The bytes, or the path of a file, which is streamed. */
  readonly body: Buffer | string;
  readonly contentType?: string | undefined;
  /** User metadata, US-ASCII. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** An uploaded object. */
export interface StoredObject {
  readonly eventName: S3EventName;
  readonly size: number;
  readonly eTag: string | undefined;
}

/** Files above 8 MB are uploaded in parts, as by `aws s3 cp`; the embedded S3 accepts at most 11 MB per request. */
const PART_BYTES = 8 * 1024 * 1024;

/** Parameters common to both kinds of upload. */
interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly ContentType: string | undefined;
  readonly Metadata: Record<string, string>;
}

/** Uploads a photo. */
export async function uploadTo(s3: S3Client, Bucket: string, { key, body, contentType, metadata }: Upload): Promise<StoredObject> {
  const target = { Bucket, Key: key, ContentType: contentType, Metadata: { ...metadata } };
  const parts = partsOf(body);
  const first = await parts.next();
  const second = await parts.next();
  if (second.done !== true) return putInParts(s3, target, rejoined(first.value, second.value, parts));
  return putWhole(s3, target, first.value ?? Buffer.alloc(0));
}

async function* partsOf(body: Buffer | string): AsyncGenerator<Buffer, undefined> {
  if (typeof body === 'string') yield* createReadStream(body, { highWaterMark: PART_BYTES });
  else for (let start = 0; start < body.length; start += PART_BYTES) yield body.subarray(start, start + PART_BYTES);
}

async function* rejoined(first: Buffer | undefined, second: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  if (first !== undefined) yield first;
  yield second;
  yield* rest;
}

async function putWhole(s3: S3Client, target: Target, Body: Buffer): Promise<StoredObject> {
  const { ETag } = await s3.send(new PutObjectCommand({ ...target, Body }));
  return { eventName: 'ObjectCreated:Put', size: Body.length, eTag: ETag };
}

async function putInParts(s3: S3Client, target: Target, parts: AsyncIterable<Buffer>): Promise<StoredObject> {
  const { Bucket, Key } = target;
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
  try {
    const Parts: CompletedPart[] = [];
    let size = 0;
    for await (const Body of parts) {
      const PartNumber = Parts.length + 1;
      const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
      Parts.push({ PartNumber, ETag });
      size += Body.length;
    }
    const { ETag } = await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
    return { eventName: 'ObjectCreated:CompleteMultipartUpload', size, eTag: ETag };
  } catch (error) {
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    throw error;
  }
}
