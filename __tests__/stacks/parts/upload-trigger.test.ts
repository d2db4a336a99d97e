import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { deploymentOf } from '../../../config/deployments.ts';
import type { PipelineSettings } from '../../../config/settings.ts';
import { synthesize } from '../synthesized.ts';

const ruleSchema = z.object({
  id: z.string(),
  events: z.array(z.string()),
  lambda_function_arn: z.string(),
  filter_prefix: z.string().optional(),
  filter_suffix: z.string().optional(),
});

function rulesWith(changes: { trigger?: Partial<PipelineSettings['trigger']>; deletePropagation?: boolean }) {
  const settings = deploymentOf('photo-sharing', 'dev', 'arm64');
  const stack = synthesize({ ...settings, ...changes, trigger: { ...settings.trigger, ...changes.trigger } });
  return z.array(ruleSchema).parse(stack.one('aws_s3_bucket_notification').lambda_function);
}

describe('the trigger', () => {
  test('may invoke the function from this bucket of this account alone, before it does', () => {
    const stack = synthesize(deploymentOf('photo-sharing', 'dev', 'arm64'));

    expect(stack.one('aws_lambda_permission.trigger_live_permission')).toEqual({
      statement_id: 'InvokedByUploadsLive',
      qualifier: '${aws_lambda_alias.processor_live.name}',
      action: 'lambda:InvokeFunction',
      function_name: '${aws_lambda_function.processor.function_name}',
      principal: 's3.amazonaws.com',
      source_arn: '${aws_s3_bucket.uploads.arn}',
      source_account: '${data.aws_caller_identity.caller.account_id}',
    });
    expect(stack.one('aws_s3_bucket_notification')).toMatchObject({
      bucket: '${aws_s3_bucket.uploads.bucket}',
      depends_on: expect.arrayContaining([
        'aws_lambda_permission.trigger_live_permission',
        'aws_s3_bucket_versioning.uploads_versioning',
        'aws_lambda_function_event_invoke_config.processor_live_retries',
      ]),
    });
  });

  test('has one rule without a filter when every upload is wanted', () => {
    expect(rulesWith({ trigger: { prefix: '', suffixes: [] } })).toEqual([
      { id: 'every-upload', events: ['s3:ObjectCreated:*'], lambda_function_arn: '${aws_lambda_alias.processor_live.arn}' },
    ]);
  });

  test('has one rule with the prefix if every upload under it matches', () => {
    const rules = rulesWith({ trigger: { prefix: 'uploads/', suffixes: [] } });

    expect(rules.map(({ filter_prefix, filter_suffix }) => [filter_prefix, filter_suffix])).toEqual([['uploads/', undefined]]);
  });

  test('lists each suffix in lower case, upper case and capitalised, because S3 filters are case-sensitive', () => {
    const rules = rulesWith({ trigger: { prefix: 'in/', suffixes: ['.jpg', '.png'] } });

    expect(rules.map(({ filter_prefix, filter_suffix }) => `${filter_prefix}${filter_suffix}`)).toEqual([
      'in/.jpg',
      'in/.JPG',
      'in/.Jpg',
      'in/.png',
      'in/.PNG',
      'in/.Png',
    ]);
  });

  test('lists a suffix with only one spelling once, because S3 rejects duplicate rules', () => {
    expect(rulesWith({ trigger: { prefix: '', suffixes: ['.001', '.x'] } }).map(({ filter_suffix }) => filter_suffix)).toEqual([
      '.001',
      '.x',
      '.X',
    ]);
  });

  test('has a unique, stable id for each rule', () => {
    expect(rulesWith({ trigger: { prefix: '', suffixes: ['.jpg'] } }).map(({ id }) => id)).toEqual([
      'upload-jpg',
      'upload-JPG',
      'upload-Jpg',
    ]);
  });

  test('includes deletions, undeletes and expirations only if they are propagated', () => {
    const all = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'];

    for (const { events } of rulesWith({ deletePropagation: true })) expect(events).toEqual(all);
    for (const { events } of rulesWith({ deletePropagation: false })) expect(events).toEqual(['s3:ObjectCreated:*']);
  });
});
