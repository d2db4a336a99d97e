import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import {
  S3BucketLifecycleConfiguration,
  type S3BucketLifecycleConfigurationRule,
} from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration';
import { S3BucketOwnershipControls } from '@cdktf/provider-aws/lib/s3-bucket-ownership-controls';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import type { ITerraformDependable, Precondition } from 'cdktf';
import type { Construct } from 'constructs';
import type { PipelineSettings } from '../../config/settings.ts';
import { PhotoBucket } from './photo-bucket.ts';
import { denyInsecureTransport, policyDocument } from './policy-document.ts';

type BucketSettings = PipelineSettings['uploadBucket'];

export interface ImageBucketProps {
  /** Complete name; may be a Terraform expression. */
  readonly name: string;
  readonly lifecycle: BucketSettings['lifecycle'];
  /** Put on the bucket besides the tags of every resource. */
  readonly tags: Readonly<Record<string, string>>;
  /** Whether `terraform destroy` deletes a bucket that still holds objects. */
  readonly forceDestroy: boolean;
  /** ARN of the KMS key that encrypts the objects. Default: S3's own keys (AES256). */
  readonly kmsKeyArn?: string | undefined;
  /** What must hold before the bucket is created. Default: nothing. */
  readonly precondition?: Precondition | undefined;
}

/**
 * A private bucket for photos: encrypted, versioned, closed to the public in all four ways, owned by the account alone,
 * reachable over TLS only, and cleaned up by lifecycle rules.
 */
export class ImageBucket extends PhotoBucket {
  readonly arn: string;
  readonly bucketName: string;
  /** Versioning is enabled. */
  readonly ready: readonly ITerraformDependable[];
  protected readonly kmsKeyArn: string | undefined;

  constructor(scope: Construct, id: string, props: ImageBucketProps) {
    super(scope, id);
    const bucket = new S3Bucket(this, 'Resource', {
      bucket: props.name,
      forceDestroy: props.forceDestroy,
      tags: { ...props.tags },
      ...(props.precondition && { lifecycle: { precondition: [props.precondition] } }),
    });
    this.arn = bucket.arn;
    this.bucketName = bucket.bucket;
    this.kmsKeyArn = props.kmsKeyArn;
    this.protect();
    const versioning = new S3BucketVersioningA(this, 'versioning', {
      bucket: this.bucketName,
      versioningConfiguration: { status: 'Enabled' },
    });
    this.ready = [versioning];
    this.keepTidy(props.lifecycle, versioning);
  }

  private protect(): void {
    const bucket = this.bucketName;
    new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      bucket,
      rule: [
        this.kmsKeyArn === undefined
          ? { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }
          : // A bucket key saves a KMS request for every object.
            { applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: this.kmsKeyArn }, bucketKeyEnabled: true },
      ],
    });
    new S3BucketOwnershipControls(this, 'ownership', { bucket, rule: { objectOwnership: 'BucketOwnerEnforced' } });
    const publicAccess = new S3BucketPublicAccessBlock(this, 'public-access', {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketPolicy(this, 'policy', {
      bucket,
      policy: policyDocument([denyInsecureTransport('s3:*', [this.arn, `${this.arn}/*`])]),
      // S3 responds with 409 when both are written at the same time.
      dependsOn: [publicAccess],
    });
  }

  private keepTidy(lifecycle: BucketSettings['lifecycle'], versioning: S3BucketVersioningA): void {
    new S3BucketLifecycleConfiguration(this, 'lifecycle', {
      bucket: this.bucketName,
      rule: lifecycleRules(lifecycle).map((rule) => ({ ...rule, status: 'Enabled', filter: [{ prefix: '' }] })),
      // Rules about noncurrent versions require a versioned bucket.
      dependsOn: [versioning],
    });
  }
}

function lifecycleRules(lifecycle: BucketSettings['lifecycle']): Omit<S3BucketLifecycleConfigurationRule, 'status' | 'filter'>[] {
  const { expireAfterDays, infrequentAccessAfterDays, noncurrentExpireAfterDays, abortMultipartAfterDays } = lifecycle;
  return [
    expireAfterDays === undefined
      ? { id: 'remove-lone-delete-markers', expiration: [{ expiredObjectDeleteMarker: true }] }
      : // This rule removes lone delete markers as well; S3 refuses both in one rule.
        { id: 'expire', expiration: [{ days: expireAfterDays }] },
    ...(infrequentAccessAfterDays === undefined
      ? []
      : [{ id: 'infrequent-access', transition: [{ days: infrequentAccessAfterDays, storageClass: 'STANDARD_IA' }] }]),
    { id: 'expire-noncurrent-versions', noncurrentVersionExpiration: [{ noncurrentDays: noncurrentExpireAfterDays }] },
    { id: 'abort-incomplete-uploads', abortIncompleteMultipartUpload: [{ daysAfterInitiation: abortMultipartAfterDays }] },
  ];
}
