import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription';
import { Fn, Lazy } from 'cdktf';
import { Construct } from 'constructs';
import { allowKeyUse } from './encryption-key.ts';
import { denyInsecureTransport, type Grantee, type PolicyStatement, policyDocument } from './policy-document.ts';

export interface NotificationTopicProps {
  readonly name: string;
  /** What stands as the sender's name in mails. */
  readonly displayName: string;
  /**
   * What messages are encrypted with at rest: the key that AWS manages, the KMS key of this ARN, or nothing. CloudWatch cannot use the key that
   * AWS manages: an alarm to a topic with it would be lost without a word (docs/decisions/topic-encryption.md).
   */
  readonly key: 'aws-managed' | 'none' | { readonly arn: string };
}

/** A topic that takes messages over TLS only, from the account's own principals and from the services it was told to admit. */
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

  /** Allows `sns:Publish` on this topic; with a key of its own, `kms:Decrypt` and `kms:GenerateDataKey` by way of SNS. */
  grantPublish(grantee: Grantee): void {
    grantee.allow({ Sid: 'Notify', Action: ['sns:Publish'], Resource: [this.arn] });
    allowKeyUse(grantee, this.kmsKeyArn, { sid: 'EncryptNotifications', service: 'sns', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] });
  }

  /** Admits exactly these alarms of this account: CloudWatch publishes as a service, not with a role. */
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

  /** Mails every message; the address has to confirm once. */
  mailTo(endpoint: string): void {
    new SnsTopicSubscription(this, 'mail', { topicArn: this.arn, protocol: 'email', endpoint });
  }

  /** Sends every message to further subscribers: an expression that is a set of HTTPS URLs and of ARNs, whose third part is the protocol. */
  sendTo(endpoints: string): void {
    const subscription = new SnsTopicSubscription(this, 'endpoint', {
      topicArn: this.arn,
      protocol: '${startswith(each.value, "https://") ? "https" : split(":", each.value)[2]}',
      endpoint: '${each.value}',
    });
    subscription.addOverride('for_each', endpoints);
  }

  /** Mails the messages whose attribute `status` is one of these; the address has to confirm once. */
  mailStatusesTo(endpoint: string, statuses: readonly string[]): void {
    new SnsTopicSubscription(this, 'mail', {
      topicArn: this.arn,
      protocol: 'email',
      endpoint,
      filterPolicy: Fn.jsonencode({ status: statuses }),
    });
  }
}
