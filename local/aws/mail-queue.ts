import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';

/** A message as subscribers of the notification topic receive it. */
export interface Mail {
  readonly subject: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The envelope in which SNS delivers a message to a queue (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html). */
const envelopeSchema = z.object({
  Subject: z.string().default(''),
  Message: z.string(),
  MessageAttributes: z.record(z.string(), z.object({ Value: z.string() })).default({}),
});

/** Receives and deletes all messages in the queue that is subscribed to the notification topic. */
export async function takeMails(sqs: SQSClient, QueueUrl: string): Promise<Mail[]> {
  const mails: Mail[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return mails;
    for (const { Body = '', ReceiptHandle } of Messages) {
      mails.push(mailOf(Body));
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

function mailOf(body: string): Mail {
  const { Subject, Message, MessageAttributes } = envelopeSchema.parse(JSON.parse(body));
  const attributes = Object.fromEntries(Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value]));
  return { subject: Subject, message: Message, attributes };
}
