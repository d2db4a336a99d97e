import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { BATCH_JOBS } from '../../../config/batch-jobs.ts';
import type { ListedObject } from '../../../lambda-src/adapters/photo-listing.ts';
import { unquoted } from '../../../lambda-src/adapters/s3-answers.ts';
import { OperatorError } from '../../pipeline/command-line.ts';

/** The most that S3 takes in one PUT (https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html). */
const MAX_BYTES = 5 * 1024 ** 3;

/** The list of a job's photos in a temporary file, so that memory does not grow with it. */
export interface Manifest {
  readonly file: string;
  readonly photos: number;
  /** Size of all photos together. */
  readonly bytes: number;
  /** Digest of the list: the same photos in the same order have the same. */
  readonly digest: string;
  /** Deletes the file. */
  remove(): Promise<void>;
}

/**
 * Writes the manifest of an S3 Batch Operations job: a line per photo with its bucket and URL-encoded key
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/specify-batchjob-manifest.html). It names no versions, because the function processes the
 * version that is current when the task runs.
 */
export async function writeManifest(
  bucket: string,
  photos: AsyncIterable<ListedObject>,
  onPhoto: (count: number, key: string) => void,
): Promise<Manifest> {
  const folder = await mkdtemp(join(tmpdir(), 'backfill-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const file = join(folder, 'manifest.csv');
  const digest = createHash('sha256');
  let count = 0;
  let bytes = 0;
  async function* lines(): AsyncGenerator<string> {
    for await (const { key, size } of photos) {
      const line = `${bucket},${encodedKey(key)}\n`;
      digest.update(line);
      count += 1;
      bytes += size;
      onPhoto(count, key);
      yield line;
    }
  }
  try {
    const target = await open(file, 'wx');
    await pipeline(Readable.from(lines()), target.createWriteStream());
  } catch (error) {
    await remove();
    throw error;
  }
  return { file, photos: count, bytes, digest: digest.digest('hex').slice(0, 32), remove };
}

/** Percent-encodes a key, commas included, but not its slashes. */
function encodedKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

/**
 * Uploads a manifest under its digest, and returns what a job needs to find it.
 * @throws {OperatorError} when it is larger than S3 takes in one request
 */
export async function uploadManifest(s3: S3Client, Bucket: string, { file, digest }: Manifest): Promise<{ key: string; etag: string }> {
  const { size } = await stat(file);
  if (size > MAX_BYTES) {
    throw new OperatorError(
      `The list of photos has ${size} bytes, and S3 takes ${MAX_BYTES}. Narrow it with --prefix, or have S3 list the photos with --all.`,
    );
  }
  const key = `${BATCH_JOBS.manifestPrefix}${digest}.csv`;
  const { ETag } = await s3.send(
    new PutObjectCommand({ Bucket, Key: key, Body: createReadStream(file), ContentLength: size, ContentType: 'text/csv' }),
  );
  return { key, etag: unquoted(ETag) };
}
