import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { inOwnAccount, statementsOf, synthesize, viaEventBridge } from '../synthesized.ts';

const patternSchema = z.object({
  source: z.array(z.string()),
  'detail-type': z.array(z.string()),
  detail: z.object({ bucket: z.object({ name: z.array(z.string()) }), object: z.object({ key: z.array(z.unknown()) }).optional() }),
});

function patternWith(changes: object) {
  const rule = synthesize(viaEventBridge('photo-sharing', changes)).one('aws_cloudwatch_event_rule');
  return patternSchema.parse(JSON.parse(String(rule.event_pattern)));
}

describe('the rule about uploads', () => {
  test('matches creations in the upload bucket, with the suffixes in any letter case', () => {
    expect(patternWith({})).toEqual({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: {
        bucket: { name: ['${aws_s3_bucket.uploads.bucket}'] },
        object: { key: ['.jpg', '.jpeg', '.png'].map((suffix) => ({ suffix: { 'equals-ignore-case': suffix } })) },
      },
    });
  });

  test('matches the prefix if there is one and leaves the suffixes to the function', () => {
    const trigger = { source: 'eventbridge', prefix: 'uploads/', suffixes: ['.jpg'] };

    expect(patternWith({ trigger }).detail.object).toEqual({ key: [{ prefix: 'uploads/' }] });
  });

  test('matches every key without a filter', () => {
    expect(patternWith({ trigger: { source: 'eventbridge' } }).detail).not.toHaveProperty('object');
  });

  test('matches deletions, including expirations, if they are propagated', () => {
    expect(patternWith({ deletePropagation: true })['detail-type']).toEqual(['Object Created', 'Object Deleted']);
  });
});

describe('an event that matches', () => {
  const stackWithRule = () => synthesize(viaEventBridge('photo-sharing'));

  test('goes to the function, for six hours, and then to the dead-letter queue', () => {
    expect(stackWithRule().one('aws_cloudwatch_event_target')).toMatchObject({
      rule: '${aws_cloudwatch_event_rule.trigger.name}',
      arn: '${aws_lambda_alias.processor_live.arn}',
      retry_policy: { maximum_event_age_in_seconds: 21_600, maximum_retry_attempts: 185 },
      dead_letter_config: { arn: '${aws_sqs_queue.processor_dead_letters.arn}' },
    });
  });

  test('may invoke the function and reach the queue by way of this rule only', () => {
    const stack = stackWithRule();
    const rule = '${aws_cloudwatch_event_rule.trigger.arn}';

    expect(stack.one('aws_lambda_permission.trigger_live_permission')).toEqual({
      statement_id: 'InvokedByEventBridgeLive',
      qualifier: '${aws_lambda_alias.processor_live.name}',
      action: 'lambda:InvokeFunction',
      function_name: '${aws_lambda_function.processor.function_name}',
      principal: 'events.amazonaws.com',
      source_arn: rule,
    });
    expect(stack.one('aws_cloudwatch_event_rule')).toMatchObject({
      name: '${aws_lambda_function.processor.function_name}',
      description: 'Uploads for the function ${aws_lambda_function.processor.function_name}',
    });
    expect(stack.one('aws_cloudwatch_event_target').depends_on).toEqual(
      expect.arrayContaining(['aws_lambda_permission.trigger_permission', 'aws_s3_bucket_versioning.uploads_versioning']),
    );
    expect(statementsOf(stack.one('aws_sqs_queue_policy').policy).slice(1)).toMatchObject([
      { Sid: 'DenyOtherSenders', Condition: { ArnNotEquals: { 'aws:SourceArn': [rule] } } },
      {
        Sid: 'AdmitEventBridge',
        Effect: 'Allow',
        Principal: { Service: ['events.amazonaws.com'] },
        Action: ['sqs:SendMessage'],
        Condition: { ArnEquals: { 'aws:SourceArn': [rule] } },
      },
    ]);
  });

  test('is sent by an existing bucket as its owner has set it up', () => {
    expect(synthesize(inOwnAccount('photo-sharing')).resources('aws_s3_bucket_notification')).toEqual([]);
  });

  test('is sent by the bucket that the stack makes, once the target is there', () => {
    expect(stackWithRule().one('aws_s3_bucket_notification')).toEqual({
      bucket: '${aws_s3_bucket.uploads.bucket}',
      eventbridge: true,
      depends_on: ['aws_cloudwatch_event_target.trigger_target'],
    });
  });
});
