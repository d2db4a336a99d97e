import { describe, expect, test } from '@jest/globals';
import { PRESETS } from '../../../config/presets.ts';
import { inOwnAccount, synthesize } from '../synthesized.ts';

const KEY = 'arn:aws:kms:us-west-2:123456789012:key/photos';

describe('with a customer-managed key, the pipeline', () => {
  const { uploadBucket, outputBucket } = PRESETS['photo-sharing']();
  const stack = synthesize(inOwnAccount('photo-sharing', { uploadBucket, outputBucket }));

  test('encrypts everything that stores data', () => {
    for (const { attributes } of stack.some('aws_s3_bucket_server_side_encryption_configuration')) {
      expect(attributes.rule).toEqual([
        { apply_server_side_encryption_by_default: { sse_algorithm: 'aws:kms', kms_master_key_id: KEY }, bucket_key_enabled: true },
      ]);
    }
    expect(stack.one('aws_dynamodb_table').server_side_encryption).toEqual({ enabled: true, kms_key_arn: KEY });
    expect(stack.one('aws_sns_topic.notifications').kms_master_key_id).toBe(KEY);
    expect(stack.one('aws_sqs_queue')).toMatchObject({ kms_master_key_id: KEY });
    expect(stack.one('aws_sqs_queue')).not.toHaveProperty('sqs_managed_sse_enabled');
    expect(stack.one('aws_cloudwatch_log_group').kms_key_id).toBe(KEY);
    expect(stack.one('aws_lambda_function').kms_key_arn).toBe(KEY);
  });

  test('encrypts alarms only if the key policy admits them', () => {
    const encryption = { kmsKeyArn: KEY };

    expect(stack.one('aws_sns_topic.alarm_notifications').kms_master_key_id).toBe(KEY);
    expect(synthesize(inOwnAccount('photo-sharing', { encryption })).one('aws_sns_topic.alarm_notifications')).not.toHaveProperty(
      'kms_master_key_id',
    );
  });

  test('lets the function use the key only through the services that it calls', () => {
    const uses = stack
      .roleStatements()
      .filter(({ Action }) => Action.some((action) => action.startsWith('kms:')))
      .map(({ Action, Resource, Condition }) => [Condition.StringEquals?.['kms:ViaService']?.join(), Action.join(' '), Resource.join()]);

    expect(uses.sort()).toEqual([
      ['dynamodb.us-west-2.amazonaws.com', 'kms:Decrypt', KEY],
      ['lambda.us-west-2.amazonaws.com', 'kms:Decrypt', KEY],
      ['s3.us-west-2.amazonaws.com', 'kms:Decrypt kms:GenerateDataKey', KEY],
      ['s3.us-west-2.amazonaws.com', 'kms:Decrypt', KEY],
      ['sns.us-west-2.amazonaws.com', 'kms:Decrypt kms:GenerateDataKey', KEY],
      ['sqs.us-west-2.amazonaws.com', 'kms:Decrypt kms:GenerateDataKey', KEY],
    ]);
  });

  test('uses the service names of the China partition', () => {
    const changes = { region: 'cn-north-1', encryption: { kmsKeyArn: 'arn:aws-cn:kms:cn-north-1:123456789012:key/photos' } };
    const statement = synthesize(inOwnAccount('image-metadata', changes))
      .roleStatements()
      .find(({ Sid }) => Sid === 'DecryptLedger');

    expect(statement?.Condition.StringEquals?.['kms:ViaService']).toEqual(['dynamodb.cn-north-1.amazonaws.com.cn']);
  });
});
