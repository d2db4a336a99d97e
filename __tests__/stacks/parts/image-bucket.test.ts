import { describe, expect, test } from '@jest/globals';
import { ImageBucket, type ImageBucketProps } from '../../../stacks/parts/image-bucket.ts';
import type { Grantee, PolicyStatement } from '../../../stacks/parts/policy-document.ts';
import { statementsOf, synthesizePart } from '../synthesized.ts';

const MINIMAL: ImageBucketProps = {
  name: 'photos',
  lifecycle: { noncurrentExpireAfterDays: 30, abortMultipartAfterDays: 7 },
  tags: {},
  forceDestroy: false,
};

function bucketWith(props: Partial<ImageBucketProps>) {
  return synthesizePart((scope) => new ImageBucket(scope, 'bucket', { ...MINIMAL, ...props }));
}

const rule = (id: string, action: object) => ({ id, status: 'Enabled', filter: [{ prefix: '' }], ...action });

describe('the lifecycle of an image bucket', () => {
  const NONCURRENT = rule('expire-noncurrent-versions', { noncurrent_version_expiration: [{ noncurrent_days: 30 }] });
  const ABORT = rule('abort-incomplete-uploads', { abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }] });

  test('keeps photos forever by default and removes lone delete markers', () => {
    expect(bucketWith({}).one('aws_s3_bucket_lifecycle_configuration').rule).toEqual([
      rule('remove-lone-delete-markers', { expiration: [{ expired_object_delete_marker: true }] }),
      NONCURRENT,
      ABORT,
    ]);
  });

  test('moves and expires photos after the configured days', () => {
    const lifecycle = { ...MINIMAL.lifecycle, expireAfterDays: 365, infrequentAccessAfterDays: 31 };

    expect(bucketWith({ lifecycle }).one('aws_s3_bucket_lifecycle_configuration').rule).toEqual([
      rule('expire', { expiration: [{ days: 365 }] }),
      rule('infrequent-access', { transition: [{ days: 31, storage_class: 'STANDARD_IA' }] }),
      NONCURRENT,
      ABORT,
    ]);
  });
});

describe('an image bucket', () => {
  test('has its own tags and is emptied on destroy only if configured', () => {
    const bucket = bucketWith({ tags: { Purpose: 'ImageStorage' }, forceDestroy: true }).one('aws_s3_bucket');

    expect(bucket).toMatchObject({ bucket: 'photos', tags: { Purpose: 'ImageStorage' }, force_destroy: true });
    expect(bucketWith({}).one('aws_s3_bucket')).toMatchObject({ force_destroy: false });
  });

  test('accepts a name that is only known at plan time', () => {
    expect(bucketWith({ name: '${var.name}' }).one('aws_s3_bucket').bucket).toBe('${var.name}');
  });

  test('is not created while its precondition does not hold', () => {
    const precondition = { condition: '${var.name != "photos"}', errorMessage: 'name must not be photos.' };

    expect(bucketWith({ precondition }).one('aws_s3_bucket').lifecycle).toEqual({
      precondition: [{ condition: '${var.name != "photos"}', error_message: 'name must not be photos.' }],
    });
    expect(bucketWith({}).one('aws_s3_bucket')).not.toHaveProperty('lifecycle');
  });
});

describe('an image bucket is protected', () => {
  const bucket = expect.stringMatching(/^\$\{aws_s3_bucket\..*\.bucket\}$/);
  const KEY = 'arn:aws:kms:us-east-1:123456789012:key/photos';

  test('by encryption, with the keys of S3 or with one that it is given', () => {
    expect(bucketWith({}).one('aws_s3_bucket_server_side_encryption_configuration')).toEqual({
      bucket,
      rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } }],
    });
    expect(bucketWith({ kmsKeyArn: KEY }).one('aws_s3_bucket_server_side_encryption_configuration').rule).toEqual([
      { apply_server_side_encryption_by_default: { sse_algorithm: 'aws:kms', kms_master_key_id: KEY }, bucket_key_enabled: true },
    ]);
  });

  test('by versions, which a compare-and-swap and an undelete need', () => {
    expect(bucketWith({}).one('aws_s3_bucket_versioning')).toEqual({ bucket, versioning_configuration: { status: 'Enabled' } });
  });

  test('from the public in all four ways, and from other owners', () => {
    expect(bucketWith({}).one('aws_s3_bucket_public_access_block')).toEqual({
      bucket,
      ...{ block_public_acls: true, block_public_policy: true, ignore_public_acls: true, restrict_public_buckets: true },
    });
    expect(bucketWith({}).one('aws_s3_bucket_ownership_controls')).toEqual({
      bucket,
      rule: { object_ownership: 'BucketOwnerEnforced' },
    });
  });

  test('from plaintext, the bucket and everything in it', () => {
    const policy = bucketWith({}).one('aws_s3_bucket_policy');

    expect(statementsOf(policy.policy)).toEqual([
      {
        Sid: 'DenyInsecureTransport',
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:*'],
        Resource: [expect.stringMatching(/^\$\{aws_s3_bucket\..*\.arn\}$/), expect.stringMatching(/^\$\{aws_s3_bucket\..*\.arn\}\/\*$/)],
        Condition: { Bool: { 'aws:SecureTransport': ['false'] } },
      },
    ]);
    expect(policy).toMatchObject({ bucket, depends_on: [expect.stringMatching(/^aws_s3_bucket_public_access_block\./)] });
  });

  test('in an order that S3 takes: versions before rules about them', () => {
    expect(bucketWith({}).one('aws_s3_bucket_lifecycle_configuration')).toMatchObject({
      bucket,
      depends_on: [expect.stringMatching(/^aws_s3_bucket_versioning\./)],
    });
  });
});

describe('what an image bucket grants', () => {
  const KEY = 'arn:aws:kms:us-east-1:123456789012:key/photos';

  function granted(grant: (bucket: ImageBucket, grantee: Grantee) => void, props: Partial<ImageBucketProps> = {}) {
    const statements: Omit<PolicyStatement, 'Effect'>[] = [];
    synthesizePart((scope) =>
      grant(new ImageBucket(scope, 'bucket', { ...MINIMAL, ...props }), { allow: (statement) => void statements.push(statement) }),
    );
    return statements.map(({ Sid, Action, Resource = [], Condition }) => ({
      Sid,
      Action,
      Condition,
      under: [Resource].flat().map((arn) => arn.replace(/^.*\}/, '')),
    }));
  }

  test('to a reader covers objects under the prefix and distinguishes missing from forbidden', () => {
    expect(granted((bucket, grantee) => bucket.grantRead(grantee, 'uploads/'))).toEqual([
      { Sid: 'ReadUploads', Action: ['s3:GetObject'], under: ['/uploads/*'] },
      { Sid: 'ListUploads', Action: ['s3:ListBucket'], under: [''] },
    ]);
  });

  test('to a writer covers reading, writing and removing versions under each prefix', () => {
    expect(granted((bucket, grantee) => bucket.grantCompareAndSwap(grantee, { prefixes: ['small/', 'large/'], tags: false }))).toEqual([
      {
        Sid: 'StoreRenditions',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObjectVersion'],
        under: ['/small/*', '/large/*'],
      },
      { Sid: 'ListRenditions', Action: ['s3:ListBucket'], under: [''] },
    ]);
  });

  test('to a writer of tagged objects covers tags', () => {
    const [statement] = granted((bucket, grantee) => bucket.grantCompareAndSwap(grantee, { prefixes: ['small/'], tags: true }));
    expect(statement?.Action).toEqual(['s3:GetObject', 's3:PutObject', 's3:DeleteObjectVersion', 's3:PutObjectTagging']);
  });

  test.each([
    ['a reader', 'DecryptUploads', ['kms:Decrypt'], (bucket: ImageBucket, grantee: Grantee) => bucket.grantRead(grantee, '')],
    [
      'a writer',
      'EncryptRenditions',
      ['kms:Decrypt', 'kms:GenerateDataKey'],
      (bucket: ImageBucket, grantee: Grantee) => bucket.grantCompareAndSwap(grantee, { prefixes: [''], tags: false }),
    ],
  ] as const)('to %s of a bucket with a key of its own is the key, too, by way of S3', (_who, Sid, Action, grant) => {
    expect(granted(grant, { kmsKeyArn: KEY }).at(-1)).toEqual({
      Sid,
      Action,
      Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } },
      under: [KEY],
    });
  });
});
