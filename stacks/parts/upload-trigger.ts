import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
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
  /** Whether deletions are events too. */
  readonly deletions: boolean;
  /** The account that the bucket belongs to. */
  readonly accountId: string;
}

const CREATED = ['s3:ObjectCreated:*'];

/**
 * Everything after which another version of a photo may be current, or none. `ObjectRemoved:*` is a new delete marker or the permanent deletion
 * of a version; a delete marker is a version, so removing one (an undelete) is `ObjectRemoved:Delete`, too. What a lifecycle rule does is
 * told by `LifecycleExpiration` alone (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html).
 */
const REMOVED = ['s3:ObjectRemoved:*', 's3:LifecycleExpiration:*'];

/**
 * Invokes the function for every upload to the bucket that the trigger asks for. It owns the one notification configuration that
 * a bucket has; S3 gets `lambda:InvokeFunction` for this bucket of this account.
 */
export class UploadTrigger extends Construct {
  constructor(scope: Construct, id: string, { bucket, processor, trigger, deletions, accountId }: UploadTriggerProps) {
    super(scope, id);
    const permission = new LambdaPermission(this, 'permission', {
      statementId: 'InvokedByUploads',
      action: 'lambda:InvokeFunction',
      functionName: processor.functionName,
      principal: 's3.amazonaws.com',
      sourceArn: bucket.arn,
      // An ARN of S3 names no account: a bucket that was deleted can be made again by someone else.
      sourceAccount: accountId,
    });
    new S3BucketNotification(this, 'Resource', {
      bucket: bucket.bucketName,
      lambdaFunction: filters(trigger).map((filter) => ({
        ...filter,
        lambdaFunctionArn: processor.functionArn,
        events: deletions ? [...CREATED, ...REMOVED] : CREATED,
      })),
      // S3 tries the permission when it takes the configuration, and an upload before versioning would have no version ID.
      dependsOn: [permission, ...bucket.ready, ...processor.beforeEvents],
    });
  }
}

type Filter = Pick<S3BucketNotificationLambdaFunction, 'id' | 'filterPrefix' | 'filterSuffix'>;

/** A filter takes one suffix, letter by letter: each is asked for in the three ways that cameras and people write it. */
function filters({ prefix, suffixes }: PipelineSettings['trigger']): Filter[] {
  const place = prefix === '' ? {} : { filterPrefix: prefix };
  if (suffixes.length === 0) return [{ id: 'every-upload', ...place }];
  return suffixes.flatMap(suffixSpellings).map((suffix) => ({ id: `upload-${suffix.slice(1)}`, ...place, filterSuffix: suffix }));
}
