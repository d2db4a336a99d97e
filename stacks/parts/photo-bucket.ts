import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { allowKeyUse } from './encryption-key.ts';
import type { Grantee } from './policy-document.ts';

/** A bucket of photos, created by this stack or existing, and the permissions that it can grant. */
export abstract class PhotoBucket extends Construct {
  abstract readonly arn: string;
  abstract readonly bucketName: string;
  /** Must exist before uploads are processed. */
  abstract readonly ready: readonly ITerraformDependable[];
  /** ARN of the KMS key that the objects are encrypted with; undefined for S3's own keys. */
  protected abstract readonly kmsKeyArn: string | undefined;

  /**
   * Allows `s3:GetObject` on keys under the prefix, and `s3:ListBucket`: without it S3 responds with 403 instead of 404 for a missing
   * key. With a customer-managed key, also `kms:Decrypt` through S3. ListBucket has no `s3:prefix` condition, because the check behind
   * the 404 is not a listing and has no prefix.
   */
  grantRead(grantee: Grantee, prefix: string): void {
    grantee.allow({ Sid: 'ReadUploads', Action: ['s3:GetObject'], Resource: [this.objects(prefix)] });
    grantee.allow({ Sid: 'ListUploads', Action: ['s3:ListBucket'], Resource: [this.arn] });
    allowKeyUse(grantee, this.kmsKeyArn, { sid: 'DecryptUploads', service: 's3', actions: ['kms:Decrypt'] });
  }

  /**
   * Allows compare-and-swap of renditions under the prefixes: `s3:GetObject` to read, `s3:PutObject` to write,
   * `s3:DeleteObjectVersion` to remove a version that was written too late, and `s3:ListBucket` as in `grantRead`.
   * If renditions have tags, also `s3:PutObjectTagging`, which S3 requires for a `PutObject` with tags. With a customer-managed key, also `kms:Decrypt` and `kms:GenerateDataKey` through S3.
   */
  grantCompareAndSwap(grantee: Grantee, { prefixes, tags }: { readonly prefixes: readonly string[]; readonly tags: boolean }): void {
    const actions = ['s3:GetObject', 's3:PutObject', 's3:DeleteObjectVersion', ...(tags ? ['s3:PutObjectTagging'] : [])];
    grantee.allow({ Sid: 'StoreRenditions', Action: actions, Resource: prefixes.map((prefix) => this.objects(prefix)) });
    grantee.allow({ Sid: 'ListRenditions', Action: ['s3:ListBucket'], Resource: [this.arn] });
    allowKeyUse(grantee, this.kmsKeyArn, { sid: 'EncryptRenditions', service: 's3', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] });
  }

  /** Allows `s3:ListBucket`, only under the prefixes. */
  grantList(grantee: Grantee, sid: string, prefixes: readonly string[]): void {
    const isLimited = prefixes.every((prefix) => prefix !== '');
    const condition = { Condition: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } } };
    grantee.allow({ Sid: sid, Action: ['s3:ListBucket'], Resource: [this.arn], ...(isLimited && condition) });
  }

  /** Allows reading, replacing and removing the tags of versions of objects under the prefix. */
  grantTagging(grantee: Grantee, prefix: string): void {
    const actions = ['s3:GetObjectVersionTagging', 's3:PutObjectVersionTagging', 's3:DeleteObjectVersionTagging'];
    grantee.allow({ Sid: 'TagFailedUploads', Action: actions, Resource: [this.objects(prefix)] });
  }

  /** Allows reading any version of objects under the prefix, as a copy needs. */
  grantCopying(grantee: Grantee, prefix: string): void {
    grantee.allow({ Sid: 'CopyFailedUploads', Action: ['s3:GetObjectVersion'], Resource: [this.objects(prefix)] });
  }

  /**
   * Allows storing copies of failed originals under the prefix. Where deleting a photo erases its copies, also allows finding (`s3:GetObject`, and
   * `s3:ListBucket` as in `grantRead`) and removing them.
   */
  grantQuarantine(grantee: Grantee, prefix: string, { erasable }: { readonly erasable: boolean }): void {
    const actions = ['s3:PutObject', ...(erasable ? ['s3:GetObject', 's3:DeleteObjectVersion'] : [])];
    grantee.allow({ Sid: 'QuarantineFailedUploads', Action: actions, Resource: [this.objects(prefix)] });
    if (erasable) grantee.allow({ Sid: 'ListCopies', Action: ['s3:ListBucket'], Resource: [this.arn] });
    allowKeyUse(grantee, this.kmsKeyArn, { sid: 'EncryptCopies', service: 's3', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] });
  }

  private objects(prefix: string): string {
    return `${this.arn}/${prefix}*`;
  }
}
