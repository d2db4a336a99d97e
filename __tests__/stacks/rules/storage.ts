import { z } from 'zod';
import type { Synthesized } from '../synthesized.ts';
import { contains, deniesInsecureTransport, type Rule, unlike, without } from './rule.ts';

/** Finds the buckets without a companion resource of this type that contains this part. */
const bucketsWithout = (companion: string, part: object) =>
  without('aws_s3_bucket', { companion, reference: 'bucket', isRight: (attributes) => contains(attributes, part) });

const CLEANING = ['noncurrent_version_expiration', 'abort_incomplete_multipart_upload'];

function cleansUp(attributes: unknown): boolean {
  const { rule } = z.object({ rule: z.array(z.record(z.string(), z.unknown())) }).parse(attributes);
  return CLEANING.every((action) => rule.some((one) => one.status === 'Enabled' && action in one));
}

/** Finds the resources that change an existing bucket. */
function changesToExistingBuckets(synthesized: Synthesized): string[] {
  return synthesized
    .all()
    .filter(({ address, attributes }) => address.startsWith('aws_s3_bucket') && String(attributes.bucket).startsWith('${data.'))
    .map(({ address }) => address);
}

export const STORAGE_RULES: readonly Rule[] = [
  {
    name: 'existing buckets are not changed',
    violations: changesToExistingBuckets,
    brokenBy: ['"bucket": "${aws_s3_bucket.uploads.bucket}"', '"bucket": "${data.aws_s3_bucket.uploads.id}"'],
  },
  {
    name: 'every bucket is encrypted',
    violations: without('aws_s3_bucket', {
      companion: 'aws_s3_bucket_server_side_encryption_configuration',
      reference: 'bucket',
      isRight: (attributes) =>
        contains(attributes, { rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } }] }) ||
        contains(attributes, {
          rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: 'aws:kms' }, bucket_key_enabled: true }],
        }),
    }),
    brokenBy: ['"sse_algorithm": "AES256"', '"sse_algorithm": "none"'],
  },
  {
    name: 'every bucket is versioned',
    violations: bucketsWithout('aws_s3_bucket_versioning', { versioning_configuration: { status: 'Enabled' } }),
    brokenBy: ['"aws_s3_bucket_versioning"', '"aws_s3_bucket_else"'],
  },
  {
    name: 'every bucket is closed to the public in all four ways',
    violations: bucketsWithout('aws_s3_bucket_public_access_block', {
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    }),
    brokenBy: ['"ignore_public_acls": true', '"ignore_public_acls": false'],
  },
  {
    name: 'every bucket has ACLs disabled',
    violations: bucketsWithout('aws_s3_bucket_ownership_controls', { rule: { object_ownership: 'BucketOwnerEnforced' } }),
    brokenBy: ['"BucketOwnerEnforced"', '"ObjectWriter"'],
  },
  {
    name: 'every bucket requires TLS',
    violations: without('aws_s3_bucket', {
      companion: 'aws_s3_bucket_policy',
      reference: 'bucket',
      isRight: deniesInsecureTransport('s3:*'),
    }),
    brokenBy: ['\\"Action\\":\\"s3:*\\"', '\\"Action\\":\\"s3:GetObject\\"'],
  },
  {
    name: 'every bucket removes old versions and unfinished uploads',
    violations: without('aws_s3_bucket', {
      companion: 'aws_s3_bucket_lifecycle_configuration',
      reference: 'bucket',
      isRight: cleansUp,
    }),
    brokenBy: ['"noncurrent_version_expiration"', '"expiration"'],
  },
  {
    name: 'the table is billed on demand, encrypted and restorable',
    violations: unlike('aws_dynamodb_table', {
      billing_mode: 'PAY_PER_REQUEST',
      server_side_encryption: { enabled: true },
      point_in_time_recovery: { enabled: true },
    }),
    brokenBy: ['"point_in_time_recovery": {\n          "enabled": true', '"point_in_time_recovery": {\n          "enabled": false'],
  },
  {
    name: 'the table deletes expired records',
    violations: unlike('aws_dynamodb_table', { ttl: { attribute_name: 'ExpiresAt', enabled: true } }),
    brokenBy: ['"attribute_name": "ExpiresAt"', '"attribute_name": "LeaseExpiresAt"'],
  },
];
