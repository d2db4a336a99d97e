import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import { S3BucketNotification } from '@cdktf/provider-aws/lib/s3-bucket-notification';
import { Construct } from 'constructs';
import { MAX_EVENT_AGE_SECONDS } from '../../config/settings.ts';
import { ImageBucket } from './image-bucket.ts';
import type { UploadTriggerProps } from './upload-trigger.ts';

/** EventBridge's maximum, and its default (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html). */
const MAX_RETRIES = 185;

/**
 * Invokes the function for every upload that EventBridge reports and the trigger matches. Unlike an S3 notification, it does not change the bucket.
 * Events that cannot be delivered to the function go to its dead-letter queue, too.
 */
export class EventBridgeTrigger extends Construct {
  constructor(scope: Construct, id: string, { bucket, processor, trigger, deletions, accountId }: UploadTriggerProps) {
    super(scope, id);
    const rule = new CloudwatchEventRule(this, 'Resource', {
      // Valid as a rule name: function names have the same length limit.
      name: processor.functionName,
      description: `Uploads for the function ${processor.functionName}`,
      eventPattern: JSON.stringify({
        source: ['aws.s3'],
        'detail-type': deletions ? ['Object Created', 'Object Deleted'] : ['Object Created'],
        detail: { bucket: { name: [bucket.bucketName] }, ...keyPattern(trigger) },
      }),
    });
    const permissions = processor.allowInvocations(this, {
      statementId: 'InvokedByEventBridge',
      principal: 'events.amazonaws.com',
      sourceArn: rule.arn,
    });
    processor.deadLetters.admitRule(rule.arn, accountId);
    const target = new CloudwatchEventTarget(this, 'target', {
      rule: rule.name,
      arn: processor.live.arn,
      retryPolicy: { maximumEventAgeInSeconds: MAX_EVENT_AGE_SECONDS, maximumRetryAttempts: MAX_RETRIES },
      deadLetterConfig: { arn: processor.deadLetters.arn },
      dependsOn: [...permissions, ...bucket.ready, ...processor.beforeEvents],
    });
    // Only for a bucket that this stack creates: the resource replaces all of a bucket's notifications.
    if (bucket instanceof ImageBucket) {
      new S3BucketNotification(this, 'notification', { bucket: bucket.bucketName, eventbridge: true, dependsOn: [target] });
    }
  }
}

/**
 * Returns the pattern for keys. A pattern can list alternatives for a field but cannot combine two conditions on it. With a prefix, the suffixes are left
 * to the function, which always checks both. The prefix is the better filter, because renditions may be in the same bucket.
 */
function keyPattern({ prefix, suffixes }: UploadTriggerProps['trigger']): object {
  if (prefix !== '') return { object: { key: [{ prefix }] } };
  if (suffixes.length === 0) return {};
  return { object: { key: suffixes.map((suffix) => ({ suffix: { 'equals-ignore-case': suffix } })) } };
}
