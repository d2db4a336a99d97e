import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  type S3Client,
} from '@aws-sdk/client-s3';

import { z } from 'zod';
import { callJson } from './call-json.ts';
import type { EmulatedAws } from './emulated-aws.ts';

/** Restores the original state. */
export type Restore = () => Promise<void>;

/** Removes the policy of a bucket, if it has one: the emulator does not evaluate conditions, so DenyInsecureTransport denies everything. */
export async function liftPolicy(s3: S3Client, Bucket: string): Promise<Restore> {
  const Policy = await policyOf(s3, Bucket);
  if (Policy === undefined) return async () => {};
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  return async () => void (await s3.send(new PutBucketPolicyCommand({ Bucket, Policy })));
}

async function policyOf(s3: S3Client, Bucket: string): Promise<string | undefined> {
  try {
    return (await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy;
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchBucketPolicy') return undefined;
    throw error;
  }
}

const targetsSchema = z.object({ Targets: z.array(z.looseObject({ Id: z.string() })) });

/** Redirects the events of an EventBridge rule from the function to a queue, because the emulator does not support function targets. */
export async function copyRule({ url, region }: EmulatedAws, Rule: string, Arn: string): Promise<Restore> {
  const call = (action: string, body: object) =>
    callJson(url, { service: 'events', region, target: `AWSEvents.${action}`, body: { Rule, ...body } });
  const { Targets } = targetsSchema.parse(await call('ListTargetsByRule', {}));
  await call('RemoveTargets', { Ids: Targets.map(({ Id }) => Id) });
  await call('PutTargets', { Targets: [{ Id: 'copy', Arn }] });
  return async () => {
    await call('RemoveTargets', { Ids: ['copy'] });
    await call('PutTargets', { Targets });
  };
}

/** Copies a bucket's notifications for the function to a queue, with the same filters, because the emulator does not run functions. */
export async function copyNotifications(s3: S3Client, Bucket: string, QueueArn: string): Promise<Restore> {
  const { LambdaFunctionConfigurations = [] } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  const QueueConfigurations = LambdaFunctionConfigurations.map(({ Id, Events, Filter }) => ({
    Id: `${Id}-copy`,
    QueueArn,
    Events,
    Filter,
  }));
  const configure = async (configuration: object): Promise<void> => {
    await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: configuration }));
  };
  await configure({ LambdaFunctionConfigurations, QueueConfigurations });
  return () => configure({ LambdaFunctionConfigurations });
}

/**
 * Deletes objects that Terraform cannot delete when it empties a bucket: the emulator lists keys without the requested URL encoding
 * and cannot delete a delete marker once versioning is suspended.
 */
export async function removeUndeletable(s3: S3Client, Bucket: string): Promise<void> {
  const { DeleteMarkers = [], Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  for (const { Key, VersionId } of [...DeleteMarkers, ...Versions.filter(({ Key = '' }) => /[+%]/.test(Key))]) {
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  }
}
