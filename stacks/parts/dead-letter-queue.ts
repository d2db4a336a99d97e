import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue';
import { SqsQueuePolicy } from '@cdktf/provider-aws/lib/sqs-queue-policy';
import { Lazy } from 'cdktf';
import { Construct } from 'constructs';
import { allowKeyUse } from './encryption-key.ts';
import { denyInsecureTransport, type PolicyStatement, policyDocument } from './policy-document.ts';
import type { ServiceRole } from './service-role.ts';

/** The longest time that SQS keeps a message (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html). */
const FOURTEEN_DAYS_IN_SECONDS = 14 * 24 * 3600;

export interface DeadLetterQueueProps {
  readonly name: string;
  /** The role that Lambda uses to send failed events. It gets `sqs:SendMessage`; other principals are denied. */
  readonly sender: ServiceRole;
  /** ARN of the KMS key that encrypts the messages. Default: SQS's own key. */
  readonly kmsKeyArn?: string | undefined;
}

/** Receives events that failed after all retries; `redrive` replays them from here. */
export class DeadLetterQueue extends Construct {
  readonly arn: string;
  readonly queueName: string;
  readonly url: string;
  readonly policy: SqsQueuePolicy;
  private readonly rules: { readonly arn: string; readonly accountId: string }[] = [];

  constructor(scope: Construct, id: string, { name, sender, kmsKeyArn }: DeadLetterQueueProps) {
    super(scope, id);
    const queue = new SqsQueue(this, 'Resource', {
      name,
      messageRetentionSeconds: FOURTEEN_DAYS_IN_SECONDS,
      ...(kmsKeyArn === undefined ? { sqsManagedSseEnabled: true } : { kmsMasterKeyId: kmsKeyArn }),
    });
    this.arn = queue.arn;
    this.queueName = queue.name;
    this.url = queue.url;
    sender.allow({ Sid: 'SendDeadLetters', Action: ['sqs:SendMessage'], Resource: [queue.arn] });
    allowKeyUse(sender, kmsKeyArn, { sid: 'EncryptDeadLetters', service: 'sqs', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] });
    this.policy = new SqsQueuePolicy(this, 'policy', {
      queueUrl: queue.url,
      policy: Lazy.stringValue({ produce: () => policyDocument(this.statements(sender.arn)) }),
    });
  }

  /** Lets EventBridge send events that it could not deliver to this rule's target. */
  admitRule(arn: string, accountId: string): void {
    this.rules.push({ arn, accountId });
  }

  private statements(senderArn: string): PolicyStatement[] {
    const ruleArns = this.rules.map(({ arn }) => arn);
    return [
      denyInsecureTransport('sqs:*', [this.arn]),
      {
        // Anyone who can send to this queue can make the function process a forged event.
        Sid: 'DenyOtherSenders',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sqs:SendMessage',
        Resource: this.arn,
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': senderArn, ...(ruleArns.length > 0 && { 'aws:SourceArn': ruleArns }) } },
      },
      ...this.rules.map(
        ({ arn, accountId }): PolicyStatement => ({
          Sid: 'AdmitEventBridge',
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: this.arn,
          Condition: { ArnEquals: { 'aws:SourceArn': arn }, StringEquals: { 'aws:SourceAccount': accountId } },
        }),
      ),
    ];
  }
}
