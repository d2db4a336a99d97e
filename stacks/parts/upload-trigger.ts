import { S3BucketNotification, type S3BucketNotificationLambdaFunction } from '@cdktf/provider-aws/lib/s3-bucket-notification';
import { Construct } from 'constructs';
import type { PipelineSettings } from '../../config/settings.ts';
import { suffixSpellings } from '../../lambda-src/contract/object-key.ts';
import type { ImageProcessor } from './image-processor.ts';
import type { PhotoBucket } from './photo-bucket.ts';

export interface UploadTriggerProps {
  readonly bucket: PhotoBucket;
  readonly processor: ImageProcessor;
  readonly trigger: PipelineSettings['trigger'];
  /** Whether deletions also trigger the function. */
  readonly deletions: boolean;
  /** The account that the bucket belongs to. */
  readonly accountId: string;
}

const CREATED = ['s3:ObjectCreated:*'];

/**
 * Every event that can change or remove the current version of a photo. `ObjectRemoved:*` covers a new delete marker and the permanent deletion
 * of a version. A delete marker is a version, so removing one (an undelete) is `ObjectRemoved:Delete`, too. Lifecycle rules only send
 * `LifecycleExpiration` (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html).
 */
const REMOVED = ['s3:ObjectRemoved:*', 's3:LifecycleExpiration:*'];

/**
 * Invokes the function for every upload that the trigger matches. It owns the bucket's only notification configuration, and
 * grants S3 `lambda:InvokeFunction` for this bucket of this account.
 */
export class UploadTrigger extends Construct {
  constructor(scope: Construct, id: string, { bucket, processor, trigger, deletions, accountId }: UploadTriggerProps) {
    super(scope, id);
    const permissions = processor.allowInvocations(this, {
      statementId: 'InvokedByUploads',
      principal: 's3.amazonaws.com',
      sourceArn: bucket.arn,
      // An S3 ARN has no account: after a bucket is deleted, anyone can create one with its name.
      sourceAccount: accountId,
    });
    new S3BucketNotification(this, 'Resource', {
      bucket: bucket.bucketName,
      lambdaFunction: filters(trigger).map((filter) => ({
        ...filter,
        lambdaFunctionArn: processor.live.arn,
        events: deletions ? [...CREATED, ...REMOVED] : CREATED,
      })),
      // S3 checks the permission when the configuration is written, and an upload before versioning would have no version ID.
      dependsOn: [...permissions, ...bucket.ready, ...processor.beforeEvents],
    });
  }
}

type Filter = Pick<S3BucketNotificationLambdaFunction, 'id' | 'filterPrefix' | 'filterSuffix'>;

/** Returns one filter per spelling: S3 filters are case-sensitive and hold one suffix each, so each suffix is listed in its usual spellings. */
function filters({ prefix, suffixes }: PipelineSettings['trigger']): Filter[] {
  const place = prefix === '' ? {} : { filterPrefix: prefix };
  if (suffixes.length === 0) return [{ id: 'every-upload', ...place }];
  return suffixes.flatMap(suffixSpellings).map((suffix) => ({ id: `upload-${suffix.slice(1)}`, ...place, filterSuffix: suffix }));
}
