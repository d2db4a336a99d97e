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
    logLevel: 'WARN',
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

  test('runs the package that decodes HEIC if it is switched on', () => {
    const withHeic = synthesize({ ...settings, heic: true, limits: { ...settings.limits, maxHeicPixels: 20_000_000 } });
    expect(withHeic.one('aws_lambda_function')).toMatchObject({ filename: 'assets/image-processor-x86_64-heic.zip' });
    expect(withHeic.environment()).toMatchObject({ HEIC: 'true', MAX_HEIC_PIXELS: '20000000' });
    expect(synthesize(settings).environment()).not.toHaveProperty('HEIC');
  });

  test('has the given variables and those that glibc and the metrics need', () => {
    expect(processor.environment()).toEqual({
      PRESET: 'photo-sharing',
      POWERTOOLS_SERVICE_NAME: 'resize',
      POWERTOOLS_LOG_LEVEL: 'WARN',
      MALLOC_ARENA_MAX: '1',
    });
  });

  test('tries an event three times within six hours, with and without the alias', () => {
    const configurations = processor.some('aws_lambda_function_event_invoke_config').map(({ attributes }) => attributes);

    expect(configurations.map(({ qualifier }) => qualifier === undefined).toSorted()).toEqual([false, true]);
    for (const configuration of configurations) {
      expect(configuration).toMatchObject({
        maximum_retry_attempts: 2,
        maximum_event_age_in_seconds: 21_600,
        destination_config: { on_failure: expect.any(Object) },
      });
    }
  });

  test('publishes every change as a version, and points the alias to it', () => {
    expect(processor.one('aws_lambda_function')).toMatchObject({ publish: true });
    expect(processor.one('aws_lambda_alias')).toMatchObject({ name: 'live', function_version: expect.stringMatching(/\.version\}$/) });
    expect(processor.one('aws_lambda_alias')).not.toHaveProperty('lifecycle');
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
      tagFailed: false,
    });
  });
});

describe('options for operators', () => {
  test('let a rollout move the alias instead of Terraform', () => {
    const alias = synthesize({ ...settings, deployment: { rollout: 'gradual' } }).one('aws_lambda_alias');

    expect(alias.lifecycle).toEqual({ ignore_changes: ['function_version', 'routing_config'] });
  });

  test('trace invocations, with a permission that is absent otherwise', () => {
    const traced = synthesize({ ...settings, tracing: true });
    const plain = synthesize(settings);

    expect(traced.one('aws_lambda_function').tracing_config).toEqual({ mode: 'Active' });
    expect(traced.roleStatements()).toContainEqual(
      expect.objectContaining({ Sid: 'Trace', Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: ['*'] }),
    );
    expect(plain.one('aws_lambda_function')).not.toHaveProperty('tracing_config');
    expect(plain.roleStatements().map(({ Sid }) => Sid)).not.toContain('Trace');
  });
});
