import { describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { fromEnvironment } from '../../../lambda-src/contract/environment.ts';
import { ImageProcessor } from '../../../stacks/parts/image-processor.ts';
import { statementsOf, synthesize, synthesizePart } from '../synthesized.ts';

const settings = deploymentOf('photo-sharing', 'dev', 'x86_64');

const processor = synthesizePart((scope) => {
  new ImageProcessor(scope, 'processor', {
    settings,
    functionName: 'resize',
    environment: { PRESET: 'photo-sharing' },
    reservedConcurrency: 7,
  });
});

describe('the processor', () => {
  test('runs the packaged handler with the configured CPU and memory', () => {
    expect(processor.one('aws_lambda_function')).toMatchObject({
      function_name: 'resize',
      description: 'Processes the uploads of photo-sharing (dev)',
      runtime: 'nodejs22.x',
      architectures: ['x86_64'],
      handler: 'index.handler',
      filename: 'assets/image-processor-x86_64.zip',
      source_code_hash: '${filebase64sha256("assets/image-processor-x86_64.zip")}',
      memory_size: 1024,
      timeout: 60,
      reserved_concurrent_executions: 7,
    });
  });

  test('has the given variables and those that glibc and the metrics need', () => {
    expect(processor.environment()).toEqual({
      PRESET: 'photo-sharing',
      POWERTOOLS_SERVICE_NAME: 'resize',
      MALLOC_ARENA_MAX: '1',
    });
  });

  test('tries an event three times within six hours', () => {
    expect(processor.one('aws_lambda_function_event_invoke_config')).toMatchObject({
      maximum_retry_attempts: 2,
      maximum_event_age_in_seconds: 21_600,
    });
  });

  test('can only write its log and send dead letters until a part grants more', () => {
    expect(processor.roleStatements().map(({ Sid }) => Sid)).toEqual(['SendDeadLetters', 'WriteLog']);
  });

  test('keeps its log for the configured days', () => {
    expect(processor.one('aws_cloudwatch_log_group')).toMatchObject({ name: '/aws/lambda/resize', retention_in_days: 30 });
  });

  test('has a dead-letter queue that accepts messages only from its role and over TLS', () => {
    expect(processor.one('aws_sqs_queue')).toMatchObject({ name: 'resize-dead-letters' });
    expect(statementsOf(processor.one('aws_sqs_queue_policy').policy).map(({ Sid, Effect }) => `${Effect} ${Sid}`)).toEqual([
      'Deny DenyInsecureTransport',
      'Deny DenyOtherSenders',
    ]);
  });
});

describe('the environment of the deployed function', () => {
  test('is valid for the handler once Terraform has filled in the names', () => {
    const planned = synthesize(settings).environment();
    const applied = Object.fromEntries(
      Object.entries(planned).map(([name, value]) => [
        name,
        value
          .replace('${var.image_max_width}', '1024')
          .replace('${var.image_max_height}', '768')
          .replace(/\$\{(aws_[a-z_0-9.]+)\}/, '$1'),
      ]),
    );

    expect(fromEnvironment(applied)).toEqual({
      preset: 'photo-sharing',
      uploadBucket: 'aws_s3_bucket.uploads.bucket',
      triggerPrefix: '',
      triggerSuffixes: ['.jpg', '.jpeg', '.png'],
      triggerInclude: [],
      triggerExclude: [],
      outputBucket: 'aws_s3_bucket.renditions.bucket',
      tableName: 'aws_dynamodb_table.ledger.name',
      partitionKey: 'ImageId',
      topicArn: 'aws_sns_topic.notifications.arn',
      publish: ['failed'],
      recipe: settings.recipe,
      maxBytes: 25_000_000,
      maxPixels: 50_000_000,
      maxAvifPixels: 16_000_000,
      leaseSeconds: 90,
      deletePropagation: false,
    });
  });
});
