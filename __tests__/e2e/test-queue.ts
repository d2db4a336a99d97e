import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  type SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Restore } from './emulator-gaps.ts';

/** A queue for the tests, not part of the deployment. */
export interface TestQueue {
  readonly url: string;
  readonly arn: string;
  readonly remove: Restore;
}

export async function makeQueue(sqs: SQSClient, QueueName: string): Promise<TestQueue> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  return {
    url: QueueUrl,
    arn: Attributes.QueueArn ?? '',
    remove: async () => void (await sqs.send(new DeleteQueueCommand({ QueueUrl }))),
  };
}

/** Receives and deletes all messages of a queue and returns their texts. */
export async function takeAll(sqs: SQSClient, QueueUrl: string): Promise<string[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  if (Messages.length === 0) return [];
  for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  return [...Messages.map(({ Body = '' }) => Body), ...(await takeAll(sqs, QueueUrl))];
}

/** Returns the only mail subscription of a topic. */
export async function mailSubscription(
  sns: SNSClient,
  TopicArn: string,
): Promise<{ endpoint: string | undefined; filterPolicy: string | undefined }> {
  const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  const [mail, ...more] = Subscriptions.filter(({ Protocol }) => Protocol === 'email');
  if (mail === undefined || more.length > 0)
    throw new Error(`${more.length + Number(mail !== undefined)} mail subscriptions of ${TopicArn}`);
  const { Attributes = {} } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: mail.SubscriptionArn }));
  return { endpoint: mail.Endpoint, filterPolicy: Attributes.FilterPolicy };
}

/** Subscribes a queue to what the topic would mail. */
export async function subscribeLikeMail(sns: SNSClient, TopicArn: string, queue: TestQueue): Promise<Restore> {
  const { filterPolicy } = await mailSubscription(sns, TopicArn);
  const Attributes = filterPolicy === undefined ? {} : { FilterPolicy: filterPolicy };
  const { SubscriptionArn } = await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn, Attributes }));
  return async () => void (await sns.send(new UnsubscribeCommand({ SubscriptionArn })));
}
