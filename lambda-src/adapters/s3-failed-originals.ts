import {
  CopyObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  PutObjectTaggingCommand,
  type S3Client,
  type Tag,
} from '@aws-sdk/client-s3';
import type { FailureCode } from '../contract/outcome.ts';
import type { FailedOriginals, OriginalVersion } from '../ports.ts';
import { httpStatusOf } from './s3-answers.ts';
import { unreadable } from './unreadable-original.ts';

const STATUS_TAG = 'image-pipeline-status';
const CODE_TAG = 'image-pipeline-code';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const MAX_TAGS = 10;

/** Failed originals in S3. */
export class S3FailedOriginals implements FailedOriginals {
  readonly #client: S3Client;
  readonly #outputBucket: string;

  constructor(client: S3Client, outputBucket: string) {
    this.#client = client;
    this.#outputBucket = outputBucket;
  }

  /** S3 replaces all tags at once and has no condition for it, so a tag that someone else adds between the two requests is lost. */
  async tag({ bucket, key, versionId }: OriginalVersion, code: FailureCode | undefined): Promise<'done' | 'full'> {
    const target = { Bucket: bucket, Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
    const ours = code === undefined ? [] : [tag(STATUS_TAG, 'failed'), tag(CODE_TAG, code)];
    try {
      const { TagSet: current = [] } = await this.#client.send(new GetObjectTaggingCommand(target));
      const others = current.filter(({ Key }) => Key !== STATUS_TAG && Key !== CODE_TAG);
      const wanted = [...others, ...ours];
      if (wanted.length > MAX_TAGS) return 'full';
      if (isSame(current, wanted)) return 'done';
      if (wanted.length === 0) await this.#client.send(new DeleteObjectTaggingCommand(target));
      else await this.#client.send(new PutObjectTaggingCommand({ ...target, Tagging: { TagSet: wanted } }));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    return 'done';
  }

  async copy(
    { bucket, key, versionId }: OriginalVersion,
    toKey: string,
    metadata: Readonly<Record<string, string>>,
  ): Promise<'done' | 'refused'> {
    const version = versionId === undefined ? '' : `?versionId=${encodeURIComponent(versionId)}`;
    try {
      await this.#client.send(
        new CopyObjectCommand({
          Bucket: this.#outputBucket,
          Key: toKey,
          CopySource: `${bucket}/${encodeURIComponent(key)}${version}`,
          MetadataDirective: 'REPLACE',
          Metadata: { ...metadata },
          // A browser must not show what is in quarantine.
          ContentType: 'application/octet-stream',
          // Copying the tags would need further permissions.
          TaggingDirective: 'REPLACE',
        }),
      );
    } catch (error) {
      if (isMissing(error)) return 'done';
      if (unreadable(error) !== undefined || isTooLarge(error)) return 'refused';
      throw error;
    }
    return 'done';
  }
}

function tag(Key: string, Value: string): Tag {
  return { Key, Value };
}

function isSame(current: readonly Tag[], wanted: readonly Tag[]): boolean {
  return (
    current.length === wanted.length && wanted.every((one) => current.some(({ Key, Value }) => Key === one.Key && Value === one.Value))
  );
}

/** 405: the version is a delete marker. A missing bucket is a deployment fault. */
function isMissing(error: unknown): boolean {
  const status = httpStatusOf(error);
  return status === 405 || (status === 404 && error instanceof Error && error.name !== 'NoSuchBucket');
}

/** One request copies at most 5 GB (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html). */
function isTooLarge(error: unknown): boolean {
  return error instanceof Error && error.name === 'InvalidRequest' && /larger than the maximum/i.test(error.message);
}
