import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription';
import { Fn, Lazy } from 'cdktf';
import { Construct } from 'constructs';
import { allowKeyUse } from './encryption-key.ts';
import { denyInsecureTransport, type Grantee, type PolicyStatement, policyDocument } from './policy-document.ts';

export interface NotificationTopicProps {
  readonly name: string;
  /** Sender name in mails. */
  readonly displayName: string;
  /**
   * Key that encrypts messages at rest: the AWS managed key, the KMS key with this ARN, or none. CloudWatch cannot use the AWS managed
   * key: alarms sent to such a topic would be lost silently (docs/decisions/topic-encryption.md).
   */
  readonly key: 'aws-managed' | 'none' | { readonly arn: string };
}

/** A topic that accepts messages over TLS only, from the account's own principals and from the services admitted here. */
export class NotificationTopic extends Construct {
  readonly arn: string;
  readonly topicName: string;
  private readonly kmsKeyArn: string | undefined;
  private readonly statements: PolicyStatement[] = [];

  constructor(scope: Construct, id: string, { name, displayName, key }: NotificationTopicProps) {
    super(scope, id);
    this.kmsKeyArn = typeof key === 'object' ? key.arn : undefined;
    const topic = new SnsTopic(this, 'Resource', {
      name,
      displayName,
      ...(key !== 'none' && { kmsMasterKeyId: this.kmsKeyArn ?? 'alias/aws/sns' }),
    });
    this.arn = topic.arn;
    this.topicName = topic.name;
    this.statements.push(denyInsecureTransport('sns:Publish', [topic.arn]));
    new SnsTopicPolicy(this, 'policy', {
      arn: topic.arn,
      policy: Lazy.stringValue({ produce: () => policyDocument(this.statements) }),
    });
  }

  /** Allows `sns:Publish` on this topic; with a customer-managed key, also `kms:Decrypt` and `kms:GenerateDataKey` through SNS. */
  grantPublish(grantee: Grantee): void {
    grantee.allow({ Sid: 'Notify', Action: ['sns:Publish'], Resource: [this.arn] });
    allowKeyUse(grantee, this.kmsKeyArn, { sid: 'EncryptNotifications', service: 'sns', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] });
  }

  /** Admits only these alarms of this account; CloudWatch publishes as a service, not with a role. */
  admitAlarms(alarmArns: readonly string[], accountId: string): void {
    this.statements.push({
      Sid: 'AdmitAlarms',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: this.arn,
      Condition: { ArnEquals: { 'aws:SourceArn': alarmArns }, StringEquals: { 'aws:SourceAccount': accountId } },
    });
  }

  /** Mails every message; the recipient must confirm once. */
  mailTo(endpoint: string): void {
    new SnsTopicSubscription(this, 'mail', { topicArn: this.arn, protocol: 'email', endpoint });
  }

  /** Sends every message to further subscribers. The expression is a set of HTTPS URLs and ARNs; the third part of an ARN is the protocol. */
  sendTo(endpoints: string): void {
    const subscription = new SnsTopicSubscription(this, 'endpoint', {
      topicArn: this.arn,
      protocol: '${startswith(each.value, "https://") ? "https" : split(":", each.value)[2]}',
      endpoint: '${each.value}',
    });
    subscription.addOverride('for_each', endpoints);
  }

  /** Mails the messages with one of these values of the attribute `status`; the recipient must confirm once. */
  mailStatusesTo(endpoint: string, statuses: readonly string[]): void {
    new SnsTopicSubscription(this, 'mail', {
      topicArn: this.arn,
      protocol: 'email',
      endpoint,
      filterPolicy: Fn.jsonencode({ status: statuses }),
    });
  }
}
