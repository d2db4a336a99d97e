import { CreatePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import { callJson } from '../call-json.ts';
import type { EmulatedAws } from '../emulated-aws.ts';
import { makeQueue } from '../test-queue.ts';
import { notificationsOf } from './cloud-control.ts';

export const UPLOADS = 'acme-photos';
export const RENDITIONS = 'acme-photo-renditions';
export const STATE = 'acme-terraform-state';

/** Resources that the account has before the pipeline is deployed. */
export interface PreparedAccount {
  readonly kmsKeyArn: string;
  readonly boundaryArn: string;
}

/** Creates a team's resources: two buckets, one of which notifies a queue of uploads, a state bucket, a key and a boundary. */
export async function prepareAccount({ clients: { s3, sqs, iam }, url, region }: EmulatedAws): Promise<PreparedAccount> {
  for (const Bucket of [UPLOADS, RENDITIONS, STATE])
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'us-west-2' } }));
  await keepVersions(s3, STATE);
  const audits = await makeQueue(sqs, 'team-audits');
  const QueueConfigurations = [{ Id: 'audit', QueueArn: audits.arn, Events: ['s3:ObjectRemoved:*' as const] }];
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: UPLOADS, NotificationConfiguration: { QueueConfigurations } }));
  for (const Bucket of [UPLOADS, RENDITIONS]) {
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'Team', Value: 'photos' }] } }));
    const Rules = [
      { ID: 'theirs', Status: 'Enabled' as const, Filter: { Prefix: '' }, NoncurrentVersionExpiration: { NoncurrentDays: 90 } },
    ];
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  }
  const allowed = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument: JSON.stringify(allowed) }));
  const key = await callJson(url, { service: 'kms', region, target: 'TrentService.CreateKey', body: {} });
  return {
    kmsKeyArn: z.object({ KeyMetadata: z.object({ Arn: z.string() }) }).parse(key).KeyMetadata.Arn,
    boundaryArn: Policy?.Arn ?? '',
  };
}

export async function keepVersions(s3: S3Client, Bucket: string): Promise<void> {
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
}

/** Turns on EventBridge and keeps the other notifications. */
export async function tellEventBridge(s3: S3Client, Bucket: string): Promise<void> {
  const { QueueConfigurations } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  const NotificationConfiguration = { QueueConfigurations, EventBridgeConfiguration: {} };
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
}

/** Returns the whole configuration of a bucket, with null for what is not configured. */
export async function configurationOf(aws: EmulatedAws, Bucket: string): Promise<unknown[]> {
  const { s3 } = aws.clients;
  const answers = await Promise.all(
    [
      s3.send(new GetBucketVersioningCommand({ Bucket })),
      notificationsOf(aws, Bucket),
      s3.send(new GetBucketTaggingCommand({ Bucket })),
      s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
      s3.send(new GetBucketEncryptionCommand({ Bucket })),
      s3.send(new GetBucketPolicyCommand({ Bucket })),
      s3.send(new GetPublicAccessBlockCommand({ Bucket })),
    ].map((answer: Promise<object>) => answer.then((found) => ({ ...found, $metadata: undefined }), missing)),
  );
  return answers;
}

/** Returns null for a 404, with which S3 responds if something is not configured; rethrows other errors. */
function missing(error: unknown): null {
  const { $metadata } = z.object({ $metadata: z.object({ httpStatusCode: z.number() }) }).parse(error);
  if ($metadata.httpStatusCode !== 404) throw error;
  return null;
}
