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

/** What a document asks for, in the words that AWS answers with. */
export interface Promised {
  readonly outputs: Partial<Outputs>;
  readonly function: { readonly MemorySize: number; readonly Timeout: number };
  /** Executions set aside; absent for no reservation. */
  readonly reservedConcurrency?: number;
  readonly logRetentionDays: number;
  /** Suffixes, behind the prefix, of the keys that invoke the function. */
  readonly notifications: readonly string[];
  /** Attributes of the keys of the table, and of its index. */
  readonly tableKeys: readonly string[];
  readonly mailedStatuses: readonly string[];
  /** Thresholds by the end of the alarm's name, besides those of `EVENT_ALARMS`. */
  readonly alarms: Readonly<Record<string, number>>;
  /** Days until objects move to STANDARD_IA and expire, of the upload bucket and the output bucket. */
  readonly lifecycles: readonly { readonly infrequentAccess?: number; readonly expiration?: number }[];
}

/** `.jpg`, `.jpeg` and `.png` in the three ways that cameras and people write them. */
export const PHOTO_SUFFIXES = ['.jpg', '.JPG', '.Jpg', '.jpeg', '.JPEG', '.Jpeg', '.png', '.PNG', '.Png'];

/** The alarms about events that wait too long, are given up, or are lost: the same in every preset. */
const EVENT_ALARMS = { 'event-age': 3_600_000, 'dropped-events': 0, 'destination-failures': 0 };

/** What was applied is what the preset's document asks for, read back from AWS. */
export function itIsDeployedAsPromised(deployed: () => DeployedPipeline, promised: Promised): void {
  describe('after the deployment', () => {
    test('has outputs by the names that its users rely on', () => {
      expect(deployed().outputs).toEqual({
        dead_letter_queue_url: expect.stringMatching(/-dead-letters$/),
        dashboard_url: expect.stringContaining(deployed().aws.region),
        alarm_topic_arn: expect.stringMatching(/^arn:aws:sns:.*alarms/i),
        ...promised.outputs,
      });
    });

    test('runs the very package that was synthesized, and only that, on the Node of its runtime', async () => {
      const { aws, outputs, stack, function: code } = deployed();

      expect(code.configuration).toMatchObject({ ...promised.function, Runtime: 'nodejs22.x' });
      expect(execFileSync(workspace().node, ['--version']).toString()).toMatch(/^v22\./);
      const anotherFile = join(stack.folder, 'cdk.tf.json');
      await expect(PackagedFunction.unpack(aws, outputs.function_name, anotherFile, stack.folder)).rejects.toThrow('SHA-256');
    });

    test('reserves the concurrency that was asked for', async () => {
      const { aws, outputs } = deployed();

      const answer = await aws.clients.lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: outputs.function_name }));
      expect(answer.ReservedConcurrentExecutions).toBe(promised.reservedConcurrency);
    });

    test('invokes the function for the keys that its trigger asks for', async () => {
      const { aws, outputs } = deployed();

      const { LambdaFunctionConfigurations = [] } = await aws.clients.s3.send(
        new GetBucketNotificationConfigurationCommand({ Bucket: outputs.upload_bucket_name }),
      );
      expect(LambdaFunctionConfigurations.map(({ LambdaFunctionArn, Events }) => ({ LambdaFunctionArn, Events }))).toEqual(
        promised.notifications.map(() => ({ LambdaFunctionArn: outputs.function_arn, Events: ['s3:ObjectCreated:*'] })),
      );
      const filters = LambdaFunctionConfigurations.map(({ Filter }) => Filter?.Key?.FilterRules?.map(({ Value }) => Value).join('*') ?? '');
      expect(filters).toEqual(promised.notifications);
    });

    test('keeps its buckets encrypted, versioned, private and tidy', async () => {
      const { aws, outputs } = deployed();
      const buckets = [outputs.upload_bucket_name, outputs.processed_bucket_name].filter((name) => name !== undefined);

      expect(await Promise.all(buckets.map((bucket) => describeBucket(aws.clients.s3, bucket)))).toEqual(
        promised.lifecycles.map((lifecycle) => ({
          encryption: 'AES256',
          versioning: 'Enabled',
          ownership: 'BucketOwnerEnforced',
          publicAccess: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
          lifecycle: { noncurrent: 30, abandonedParts: 7, ...lifecycle },
        })),
      );
    });

    test('turns away an upload without TLS', async () => {
      const { aws, outputs } = deployed();

      const upload = aws.clients.s3.send(
        new PutObjectCommand({ Bucket: outputs.upload_bucket_name, Key: 'uploads/photo.jpg', Body: 'photo' }),
      );
      await expect(upload).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    });

    test('keeps its ledger on demand, encrypted, restorable and with the promised keys', async () => {
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
        promised.tableKeys,
      );
    });

    test('keeps the log of its function as long as was asked for', async () => {
      const { aws, outputs } = deployed();

      const { logGroups } = await aws.clients.logs.send(new DescribeLogGroupsCommand({}));
      expect(logGroups).toMatchObject([
        { logGroupName: `/aws/lambda/${outputs.function_name}`, retentionInDays: promised.logRetentionDays },
      ]);
    });

    test('mails what was asked for', async () => {
      const { aws, outputs } = deployed();

      const { endpoint, filterPolicy } = await mailSubscription(aws.clients.sns, outputs.notification_topic_arn);
      expect([endpoint, JSON.parse(filterPolicy ?? '')]).toEqual(['you@example.com', { status: promised.mailedStatuses }]);
    });

    test('mails its alarms, unfiltered', async () => {
      const { aws, outputs } = deployed();

      const { MetricAlarms = [] } = await aws.clients.cloudwatch.send(new DescribeAlarmsCommand({}));
      const thresholds = MetricAlarms.map(({ AlarmName, Threshold }) => [AlarmName?.replace(`${outputs.function_name}-`, ''), Threshold]);
      expect(Object.fromEntries(thresholds)).toEqual({ ...EVENT_ALARMS, ...promised.alarms });
      const topic = outputs.alarm_topic_arn;
      for (const { AlarmActions, OKActions } of MetricAlarms) expect([AlarmActions, OKActions]).toEqual([[topic], [topic]]);
      expect(await mailSubscription(aws.clients.sns, topic)).toEqual({ endpoint: 'you@example.com', filterPolicy: undefined });
    });
  });
}
