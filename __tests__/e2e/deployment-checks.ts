import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeContinuousBackupsCommand, DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { GetBucketNotificationConfigurationCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { describeBucket } from './bucket-description.ts';
import type { DeployedPipeline } from './deployed-pipeline.ts';
import type { Outputs } from './deployed-stack.ts';
import { PackagedFunction } from './packaged-function.ts';
import { mailSubscription } from './test-queue.ts';
import { workspace } from './workspace.ts';

/** The requirements of a preset, in the form that AWS reports. */
export interface Requirements {
  readonly outputs: Partial<Outputs>;
  readonly function: { readonly MemorySize: number; readonly Timeout: number };
  /** Reserved concurrency; absent for no reservation. */
  readonly reservedConcurrency?: number;
  readonly logRetentionDays: number;
  /** Suffixes, besides the prefix, of keys that invoke the function. */
  readonly notifications: readonly string[];
  /** Key attributes of the table and its index. */
  readonly tableKeys: readonly string[];
  readonly mailedStatuses: readonly string[];
  /** Thresholds by the end of the alarm's name, in addition to `EVENT_ALARMS`. */
  readonly alarms: Readonly<Record<string, number>>;
  /** Days until objects move to STANDARD_IA and expire, in the upload bucket and the output bucket. */
  readonly lifecycles: readonly { readonly infrequentAccess?: number; readonly expiration?: number }[];
}

/** `.jpg`, `.jpeg` and `.png` in their three usual spellings. */
export const PHOTO_SUFFIXES = ['.jpg', '.JPG', '.Jpg', '.jpeg', '.JPEG', '.Jpeg', '.png', '.PNG', '.Png'];

/** The alarms for events that wait too long, fail after all retries, or are lost; they are the same in every preset. */
const EVENT_ALARMS = { 'event-age': 3_600_000, 'dropped-events': 0, 'destination-failures': 0 };

/** The deployed resources, read back from AWS, meet the preset's requirements. */
export function itMeetsItsRequirements(deployed: () => DeployedPipeline, required: Requirements): void {
  describe('after the deployment', () => {
    test('has the documented outputs', () => {
      expect(deployed().outputs).toEqual({
        dead_letter_queue_url: expect.stringMatching(/-dead-letters$/),
        dashboard_url: expect.stringContaining(deployed().aws.region),
        alarm_topic_arn: expect.stringMatching(/^arn:aws:sns:.*alarms/i),
        function_alias_arn: `${required.outputs.function_arn}:live`,
        ...required.outputs,
      });
    });

    test('runs exactly the synthesized package, with the Node of its runtime', async () => {
      const { aws, outputs, stack, function: code } = deployed();

      expect(code.configuration).toMatchObject({ ...required.function, Runtime: 'nodejs22.x' });
      expect(execFileSync(workspace().node, ['--version']).toString()).toMatch(/^v22\./);
      const anotherFile = join(stack.folder, 'cdk.tf.json');
      await expect(PackagedFunction.unpack(aws, outputs.function_name, anotherFile, stack.folder)).rejects.toThrow('SHA-256');
    });

    test('reserves the required concurrency', async () => {
      const { aws, outputs } = deployed();

      const answer = await aws.clients.lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: outputs.function_name }));
      expect(answer.ReservedConcurrentExecutions).toBe(required.reservedConcurrency);
    });

    test('invokes the function for the keys that the trigger matches', async () => {
      const { aws, outputs } = deployed();

      const { LambdaFunctionConfigurations = [] } = await aws.clients.s3.send(
        new GetBucketNotificationConfigurationCommand({ Bucket: outputs.upload_bucket_name }),
      );
      expect(LambdaFunctionConfigurations.map(({ LambdaFunctionArn, Events }) => ({ LambdaFunctionArn, Events }))).toEqual(
        required.notifications.map(() => ({ LambdaFunctionArn: outputs.function_alias_arn, Events: ['s3:ObjectCreated:*'] })),
      );
      const filters = LambdaFunctionConfigurations.map(({ Filter }) => Filter?.Key?.FilterRules?.map(({ Value }) => Value).join('*') ?? '');
      expect(filters).toEqual(required.notifications);
    });

    test('has encrypted, versioned and private buckets with lifecycle rules', async () => {
      const { aws, outputs } = deployed();
      const buckets = [outputs.upload_bucket_name, outputs.processed_bucket_name].filter((name) => name !== undefined);

      expect(await Promise.all(buckets.map((bucket) => describeBucket(aws.clients.s3, bucket)))).toEqual(
        required.lifecycles.map((lifecycle) => ({
          encryption: 'AES256',
          versioning: 'Enabled',
          ownership: 'BucketOwnerEnforced',
          publicAccess: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
          lifecycle: { noncurrent: 30, abandonedParts: 7, ...lifecycle },
        })),
      );
    });

    test('rejects an upload without TLS', async () => {
      const { aws, outputs } = deployed();

      const upload = aws.clients.s3.send(
        new PutObjectCommand({ Bucket: outputs.upload_bucket_name, Key: 'uploads/photo.jpg', Body: 'photo' }),
      );
      await expect(upload).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    });

    test('has an on-demand, encrypted and restorable table with the documented keys', async () => {
      const { dynamodb } = deployed().aws.clients;
      const TableName = deployed().outputs.metadata_table_name;

      const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
      const { ContinuousBackupsDescription: backups } = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName }));
      const { TimeToLiveDescription: expiry } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));

      expect(Table).toMatchObject({ BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' }, SSEDescription: { Status: 'ENABLED' } });
      expect(expiry).toEqual({ AttributeName: 'ExpiresAt', TimeToLiveStatus: 'ENABLED' });
      expect(backups).toMatchObject({ PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'ENABLED' } });
      const indexes = Table?.GlobalSecondaryIndexes ?? [];
      expect([Table, ...indexes].flatMap((keyed) => keyed?.KeySchema?.map(({ AttributeName }) => AttributeName))).toEqual(
        required.tableKeys,
      );
    });

    test("keeps the function's log for the required time", async () => {
      const { aws, outputs } = deployed();

      const { logGroups } = await aws.clients.logs.send(new DescribeLogGroupsCommand({}));
      expect(logGroups).toMatchObject([
        { logGroupName: `/aws/lambda/${outputs.function_name}`, retentionInDays: required.logRetentionDays },
      ]);
    });

    test('mails the required notifications', async () => {
      const { aws, outputs } = deployed();

      const { endpoint, filterPolicy } = await mailSubscription(aws.clients.sns, outputs.notification_topic_arn);
      expect([endpoint, JSON.parse(filterPolicy ?? '')]).toEqual(['you@example.com', { status: required.mailedStatuses }]);
    });

    test('mails its alarms, unfiltered', async () => {
      const { aws, outputs } = deployed();

      const { MetricAlarms = [] } = await aws.clients.cloudwatch.send(new DescribeAlarmsCommand({}));
      const thresholds = MetricAlarms.map(({ AlarmName, Threshold }) => [AlarmName?.replace(`${outputs.function_name}-`, ''), Threshold]);
      expect(Object.fromEntries(thresholds)).toEqual({ ...EVENT_ALARMS, ...required.alarms });
      const topic = outputs.alarm_topic_arn;
      for (const { AlarmActions, OKActions } of MetricAlarms) expect([AlarmActions, OKActions]).toEqual([[topic], [topic]]);
      expect(await mailSubscription(aws.clients.sns, topic)).toEqual({ endpoint: 'you@example.com', filterPolicy: undefined });
    });
  });
}
