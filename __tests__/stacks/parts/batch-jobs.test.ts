import { describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { parseSettings } from '../../../config/settings.ts';
import { inOwnAccount, type Resource, statementsOf, synthesize, variablesOf, withBatchJobs } from '../synthesized.ts';

const stack = synthesize(withBatchJobs('media-thumbnails'));
const jobs = stack.one('aws_lambda_function.batch_function');

describe('batch jobs', () => {
  test('are off by default, and change no other resource when they are on', () => {
    const without = synthesize(deploymentOf('media-thumbnails', 'dev', 'arm64'));
    const isAdded = ({ address }: Resource): boolean => address.includes('.batch_');

    expect(stack.all().filter((resource) => !isAdded(resource))).toEqual(without.all());
    expect(
      stack
        .all()
        .filter(isAdded)
        .map(({ address }) => address)
        .toSorted(),
    ).toEqual([
      'aws_iam_role.batch_role',
      'aws_iam_role_policy.batch_role_policy',
      'aws_lambda_function.batch_function',
      'aws_s3_bucket.batch_bucket',
      'aws_s3_bucket_lifecycle_configuration.batch_bucket_lifecycle',
      'aws_s3_bucket_ownership_controls.batch_bucket_ownership',
      'aws_s3_bucket_policy.batch_bucket_policy',
      'aws_s3_bucket_public_access_block.batch_bucket_public_access',
      'aws_s3_bucket_server_side_encryption_configuration.batch_bucket_encryption',
      'aws_s3_bucket_versioning.batch_bucket_versioning',
    ]);
  });

  test('invoke a function with its own concurrency that runs the same package in the same role', () => {
    const { publish: _, ...uploads } = stack.one('aws_lambda_function.processor');

    expect(jobs).toMatchObject({
      ...uploads,
      function_name: 'ThumbnailGenerator-dev-batch',
      description: 'Processes the photos of batch jobs of media-thumbnails (dev)',
      reserved_concurrent_executions: '${var.batch_concurrency}',
      environment: { variables: variablesOf(uploads) },
    });
    expect(stack.document.variable.batch_concurrency).toMatchObject({ default: 50, nullable: false });
  });

  test('write to the log of the uploads and count in the same metrics', () => {
    expect(jobs.logging_config).toEqual({ log_format: 'Text', log_group: '${aws_cloudwatch_log_group.processor_log.name}' });
    expect(variablesOf(jobs).POWERTOOLS_SERVICE_NAME).toBe('ThumbnailGenerator-dev');
  });

  test('are found by the environment of their function', () => {
    expect(variablesOf(jobs)).toMatchObject({
      BATCH_ROLE_ARN: '${aws_iam_role.batch_role.arn}',
      BATCH_BUCKET: '${aws_s3_bucket.batch_bucket.bucket}',
    });
  });

  test('have a role that S3 Batch Operations can assume for jobs of this account', () => {
    const { assume_role_policy, name } = stack.one('aws_iam_role.batch_role');

    expect(name).toBe('ThumbnailGenerator-dev-batch-jobs');
    expect(statementsOf(assume_role_policy)).toMatchObject([
      {
        Action: ['sts:AssumeRole'],
        Principal: { Service: ['batchoperations.s3.amazonaws.com'] },
        Condition: { StringEquals: { 'aws:SourceAccount': ['${data.aws_caller_identity.caller.account_id}'] } },
      },
    ]);
  });

  test('keep lists and reports in a separate bucket for as long as S3 keeps the jobs', () => {
    expect(stack.one('aws_s3_bucket.batch_bucket').bucket).toBe('media-thumbnails-dev-batch-${data.aws_caller_identity.caller.account_id}');
    expect(stack.one('aws_s3_bucket_lifecycle_configuration.batch_bucket_lifecycle').rule).toContainEqual(
      expect.objectContaining({ id: 'expire', expiration: [{ days: 90 }] }),
    );
  });

  test('have outputs', () => {
    expect(stack.document.output).toMatchObject({
      batch_function_name: { value: '${aws_lambda_function.batch_function.function_name}' },
      batch_role_arn: { value: '${aws_iam_role.batch_role.arn}' },
      batch_report_location: { value: 's3://${aws_s3_bucket.batch_bucket.bucket}/reports/' },
    });
  });

  test('follow the rules of the account, except that S3 accepts no list that a KMS key encrypts', () => {
    const own = synthesize(inOwnAccount('photo-sharing', { batchJobs: true }));

    expect(own.one('aws_iam_role.batch_role')).toMatchObject({
      path: '/service/',
      permissions_boundary: 'arn:aws:iam::${data.aws_caller_identity.caller.account_id}:policy/boundary',
    });
    expect(own.one('aws_lambda_function.batch_function').kms_key_arn).toBe(own.one('aws_lambda_function.processor').kms_key_arn);
    expect(JSON.stringify(own.one('aws_s3_bucket_server_side_encryption_configuration.batch_bucket_encryption'))).toContain('AES256');
  });
});

test('a deployment whose name leaves no room for the bucket of its jobs is refused, with the name', () => {
  const input = { ...deploymentOf('image-metadata', 'dev', 'arm64'), preset: 'p'.repeat(31), environmentSuffix: 'e'.repeat(16) };

  expect(() => parseSettings({ ...input, batchJobs: true })).toThrow(
    /`batchJobs` is longer than the 63 characters of a bucket name.*: p{31}-e{16}-batch-\{account\} \(received true\)/,
  );
});
