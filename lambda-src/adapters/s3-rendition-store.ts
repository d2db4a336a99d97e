import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { RenditionHead, RenditionStore, RenditionUpload } from '../ports.ts';
import { RENDITION_METADATA } from '../rendition-metadata.ts';
import { deleteMarkerOf, httpStatusOf, unquoted } from './s3-answers.ts';

/** The output bucket in S3. */
export class S3RenditionStore implements RenditionStore {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async head(key: string, options?: { readonly deleteMarkers: boolean }): Promise<RenditionHead | undefined> {
    try {
      const { ETag, VersionId, Metadata = {} } = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }));
      return {
        etag: unquoted(ETag),
        ownVersionId: VersionId,
        sequencer: Metadata[RENDITION_METADATA.sequencer] ?? '',
        versionId: Metadata[RENDITION_METADATA.versionId],
        recipeHash: Metadata[RENDITION_METADATA.recipeHash],
      };
    } catch (error) {
      if (httpStatusOf(error) !== 404) throw error;
      const marker = options?.deleteMarkers ? deleteMarkerOf(error)?.versionId : undefined;
      return marker === undefined ? undefined : { etag: '', ownVersionId: marker, sequencer: '' };
    }
  }

  async put(upload: RenditionUpload): Promise<'stored' | 'changed'> {
    const { key, body, contentType, metadata, replaces } = upload;
    const precondition = replaces === undefined ? { IfNoneMatch: '*' } : { IfMatch: `"${replaces}"` };
    try {
      await this.#client.send(
        new PutObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          Body: body,
          ContentType: contentType,
          Metadata: { ...metadata },
          CacheControl: upload.cacheControl,
          ContentDisposition: upload.contentDisposition,
          StorageClass: upload.storageClass,
          Tagging: upload.tags && new URLSearchParams(upload.tags).toString(),
          ...precondition,
        }),
      );
      return 'stored';
    } catch (error) {
      // 412: the key holds another object; 409: another conditional write won; 404: the object to replace was deleted
      // (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
      const status = httpStatusOf(error);
      if (status === 412 || status === 409 || (status === 404 && replaces !== undefined && isNoSuchKey(error))) return 'changed';
      throw error;
    }
  }

  async remove(key: string, { ownVersionId, etag }: RenditionHead): Promise<void> {
    const exactly = ownVersionId === undefined ? { IfMatch: `"${etag}"` } : { VersionId: ownVersionId };
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key, ...exactly }));
    } catch (error) {
      const status = httpStatusOf(error);
      if (status !== 412 && status !== 404) throw error;
    }
  }
}

function isNoSuchKey(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoSuchKey';
}
