import { describe, expect, test } from '@jest/globals';
import { ImageBucket, type ImageBucketProps } from '../../../stacks/parts/image-bucket.ts';
import type { PolicyStatement } from '../../../stacks/parts/policy-document.ts';
import { synthesizePart } from '../synthesized.ts';

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

describe('what an image bucket grants', () => {
  function granted(grant: (bucket: ImageBucket, grantee: { allow(statement: object): void }) => void) {
    const statements: Omit<PolicyStatement, 'Effect'>[] = [];
    synthesizePart((scope) =>
      grant(new ImageBucket(scope, 'bucket', MINIMAL), { allow: (statement: PolicyStatement) => statements.push(statement) }),
    );
    return statements.map(({ Sid, Action, Resource = [] }) => ({
      Sid,
      Action,
      under: [Resource].flat().map((arn) => arn.replace(/^.*\}/, '')),
    }));
  }

  test('to a reader covers objects under the prefix and tells missing from forbidden', () => {
    expect(granted((bucket, grantee) => bucket.grantRead(grantee, 'uploads/'))).toEqual([
      { Sid: 'ReadUploads', Action: ['s3:GetObject'], under: ['/uploads/*'] },
      { Sid: 'TellMissingUploads', Action: ['s3:ListBucket'], under: [''] },
    ]);
  });

  test('to a writer covers reading, writing and removing versions under each prefix', () => {
    expect(granted((bucket, grantee) => bucket.grantCompareAndSwap(grantee, ['small/', 'large/']))).toEqual([
      {
        Sid: 'StoreRenditions',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObjectVersion'],
        under: ['/small/*', '/large/*'],
      },
      { Sid: 'TellMissingRenditions', Action: ['s3:ListBucket'], under: [''] },
    ]);
  });
});
