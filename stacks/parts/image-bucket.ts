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
import type { Precondition } from 'cdktf';
import { Construct } from 'constructs';
import type { PipelineSettings } from '../../config/settings.ts';
import { denyInsecureTransport, type Grantee, policyDocument } from './policy-document.ts';

type BucketSettings = PipelineSettings['uploadBucket'];

export interface ImageBucketProps {
  /** Complete name; may be a Terraform expression. */
  readonly name: string;
  readonly lifecycle: BucketSettings['lifecycle'];
  /** Put on the bucket besides the tags of every resource. */
  readonly tags: Readonly<Record<string, string>>;
  /** Whether `terraform destroy` deletes a bucket that still holds objects. */
  readonly forceDestroy: boolean;
  /** What must hold before the bucket is created. Default: nothing. */
  readonly precondition?: Precondition | undefined;
}

/**
 * A private bucket for photos: encrypted (AES256), versioned, closed to the public in all four ways, owned by the account alone,
 * reachable over TLS only, and cleaned up by its lifecycle.
 */
export class ImageBucket extends Construct {
  readonly arn: string;
  readonly bucketName: string;
  /** What must be there before the bucket may tell of uploads: their versions. */
  readonly versioning: S3BucketVersioningA;

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
    this.protect();
    this.versioning = new S3BucketVersioningA(this, 'versioning', {
      bucket: this.bucketName,
      versioningConfiguration: { status: 'Enabled' },
    });
    this.keepTidy(props.lifecycle);
  }

  /**
   * Allows `s3:GetObject` on keys under the prefix, and `s3:ListBucket`: without it S3 answers 403, not 404, for a key that is not
   * there. ListBucket has no `s3:prefix` condition because the check behind that 404 is not a listing and carries no prefix.
   */
  grantRead(grantee: Grantee, prefix: string): void {
    grantee.allow({ Sid: 'ReadUploads', Action: ['s3:GetObject'], Resource: [this.objects(prefix)] });
    grantee.allow({ Sid: 'TellMissingUploads', Action: ['s3:ListBucket'], Resource: [this.arn] });
  }

  /**
   * Allows what a compare-and-swap of renditions takes, on keys under the prefixes: `s3:GetObject` to look, `s3:PutObject` to
   * write, `s3:DeleteObjectVersion` to take back the very version that was written too late; and `s3:ListBucket` as in `grantRead`.
   */
  grantCompareAndSwap(grantee: Grantee, prefixes: readonly string[]): void {
    const actions = ['s3:GetObject', 's3:PutObject', 's3:DeleteObjectVersion'];
    grantee.allow({ Sid: 'StoreRenditions', Action: actions, Resource: prefixes.map((prefix) => this.objects(prefix)) });
    grantee.allow({ Sid: 'TellMissingRenditions', Action: ['s3:ListBucket'], Resource: [this.arn] });
  }

  private objects(prefix: string): string {
    return `${this.arn}/${prefix}*`;
  }

  private protect(): void {
    const bucket = this.bucketName;
    new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      bucket,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
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
      // S3 answers 409 when both are written to one bucket at the same time.
      dependsOn: [publicAccess],
    });
  }

  private keepTidy(lifecycle: BucketSettings['lifecycle']): void {
    new S3BucketLifecycleConfiguration(this, 'lifecycle', {
      bucket: this.bucketName,
      rule: lifecycleRules(lifecycle).map((rule) => ({ ...rule, status: 'Enabled', filter: [{ prefix: '' }] })),
      // Rules about noncurrent versions want a versioned bucket.
      dependsOn: [this.versioning],
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
