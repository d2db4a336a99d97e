import { z } from 'zod';
import { bucketNameTemplate, existingBucketName } from './names.ts';

/** Keys that begin with `aws:` are reserved (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html). */
export const tags = z.record(
  z
    .string()
    .min(1)
    .max(128)
    .regex(/^(?!aws:)/i, 'must not begin with "aws:"'),
  z.string().max(256),
);

export const kmsKeyArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/, 'must be the ARN of a KMS key, not of an alias');

const days = z.number().int().min(1).max(3650);

const lifecycleSchema = z.strictObject({
  /** Objects expire this many days after they were written. Default: never. */
  expireAfterDays: days.optional(),
  /** Objects move to STANDARD_IA after this many days, at least 30 (S3's minimum). Default: never. */
  infrequentAccessAfterDays: days.min(30).optional(),
  /** Replaced and deleted versions are kept this many days. Default 30. */
  noncurrentExpireAfterDays: days.default(30),
  /** Parts of an unfinished multipart upload are kept this many days. Default 7. */
  abortMultipartAfterDays: days.default(7),
});

/** Either a bucket to create (`name`) or one to use unchanged (`existing`). */
export const bucketSchema = z
  .strictObject({
    /** Name of the bucket to create; required unless `existing` is set. */
    name: bucketNameTemplate.optional(),
    /** Name of an existing bucket, which is used without changing it; docs/your-account.md lists what it needs. Default: none. */
    existing: existingBucketName.optional(),
    /** ARN of the KMS key of an existing bucket. Default: `encryption.kmsKeyArn`. */
    kmsKeyArn: kmsKeyArn.optional(),
    /** Name of a Terraform variable that replaces the name at plan time. Default: none. */
    nameVariable: z.enum(['source_bucket_name', 'thumbnail_bucket_name']).optional(),
    /** When S3 moves and deletes objects by itself. */
    lifecycle: lifecycleSchema.prefault({}),
    /** Added to the bucket, besides the tags of every resource. Default: none. */
    tags: tags.default({}),
  })
  .superRefine((bucket, context) => {
    const refuse = (field: string, message: string): void => context.addIssue({ code: 'custom', path: [field], message, continue: false });
    if (bucket.existing === undefined) {
      if (bucket.name === undefined) refuse('name', 'is missing: name the bucket to create, or use `existing` to name an existing one');
      if (bucket.kmsKeyArn !== undefined)
        refuse('kmsKeyArn', 'is only for an `existing` bucket; set `encryption.kmsKeyArn` for a bucket to create');
      return;
    }
    const unchanged = 'must be omitted, because an `existing` bucket is used without changing it';
    if (bucket.name !== undefined && bucket.name !== bucket.existing) refuse('name', unchanged);
    if (bucket.nameVariable !== undefined) refuse('nameVariable', unchanged);
    if (Object.keys(bucket.tags).length > 0) refuse('tags', unchanged);
    if (JSON.stringify(bucket.lifecycle) !== JSON.stringify(lifecycleSchema.parse({}))) refuse('lifecycle', unchanged);
  })
  .transform((bucket) => ({ ...bucket, name: bucket.existing ?? bucket.name ?? '' }));
