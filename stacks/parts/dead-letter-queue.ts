import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue';
import { SqsQueuePolicy } from '@cdktf/provider-aws/lib/sqs-queue-policy';
import { Construct } from 'constructs';
import { denyInsecureTransport, policyDocument } from './policy-document.ts';
import type { ProcessorRole } from './processor-role.ts';

/** The longest that SQS keeps a message (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html). */
const FOURTEEN_DAYS_IN_SECONDS = 14 * 24 * 3600;

export interface DeadLetterQueueProps {
  readonly name: string;
  /** The role that Lambda sends failed events with; it gets `sqs:SendMessage`, and nobody else may send. */
  readonly sender: ProcessorRole;
}

/** Where an event ends when all retries are used up; `redrive` replays it from here. Encrypted with SQS's own key. */
export class DeadLetterQueue extends Construct {
  readonly arn: string;
  readonly queueName: string;
  readonly url: string;
  readonly policy: SqsQueuePolicy;

  constructor(scope: Construct, id: string, { name, sender }: DeadLetterQueueProps) {
    super(scope, id);
    const queue = new SqsQueue(this, 'Resource', {
      name,
      messageRetentionSeconds: FOURTEEN_DAYS_IN_SECONDS,
      sqsManagedSseEnabled: true,
    });
    this.arn = queue.arn;
    this.queueName = queue.name;
    this.url = queue.url;
    sender.allow({ Sid: 'SendDeadLetters', Action: ['sqs:SendMessage'], Resource: [queue.arn] });
    this.policy = new SqsQueuePolicy(this, 'policy', {
      queueUrl: queue.url,
      policy: policyDocument([
        denyInsecureTransport('sqs:*', [queue.arn]),
        {
          // Whoever can send here can have the function process an event of his making.
          Sid: 'DenyOtherSenders',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sqs:SendMessage',
          Resource: queue.arn,
          Condition: { ArnNotEquals: { 'aws:PrincipalArn': sender.arn } },
        },
      ]),
    });
  }
}
