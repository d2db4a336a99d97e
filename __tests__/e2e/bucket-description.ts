import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
  type S3Client,
} from '@aws-sdk/client-s3';

/** The configuration of a bucket, as S3 reports it. */
export async function describeBucket(s3: S3Client, Bucket: string) {
  const [encryption, versioning, ownership, publicAccess, lifecycle] = await Promise.all([
    s3.send(new GetBucketEncryptionCommand({ Bucket })),
    s3.send(new GetBucketVersioningCommand({ Bucket })),
    s3.send(new GetBucketOwnershipControlsCommand({ Bucket })),
    s3.send(new GetPublicAccessBlockCommand({ Bucket })),
    s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
  ]);
  return {
    encryption: encryption.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
    versioning: versioning.Status,
    ownership: ownership.OwnershipControls?.Rules?.[0]?.ObjectOwnership,
    publicAccess: publicAccess.PublicAccessBlockConfiguration,
    lifecycle: Object.assign({}, ...(lifecycle.Rules ?? []).map(daysOf)),
  };
}

/** Returns the actions of a lifecycle rule with their days. */
function daysOf({
  Expiration,
  Transitions,
  NoncurrentVersionExpiration,
  AbortIncompleteMultipartUpload,
}: LifecycleRule): Record<string, number> {
  const days = {
    expiration: Expiration?.Days,
    infrequentAccess: Transitions?.find(({ StorageClass }) => StorageClass === 'STANDARD_IA')?.Days,
    noncurrent: NoncurrentVersionExpiration?.NoncurrentDays,
    abandonedParts: AbortIncompleteMultipartUpload?.DaysAfterInitiation,
  };
  return Object.fromEntries(Object.entries(days).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
