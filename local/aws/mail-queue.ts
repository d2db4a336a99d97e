import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';

/** A message as subscribers of the notification topic receive it. */
export interface Mail {
  readonly subject: string;
  /** The email's text, or the JSON body if the queue received that. */
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

/** The bodies of a message with one body per protocol. */
const bodiesSchema = z.object({ default: z.string(), email: z.string() });

/** Returns the email's text. The embedded SNS does not choose a body by protocol but delivers all of them; SNS itself sends a queue the JSON body. */
function emailText(message: string): string {
  if (!message.startsWith('{')) return message;
  const bodies = bodiesSchema.safeParse(JSON.parse(message));
  return bodies.success ? bodies.data.email : message;
}

function mailOf(body: string): Mail {
  const { Subject, Message, MessageAttributes } = envelopeSchema.parse(JSON.parse(body));
  const attributes = Object.fromEntries(Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value]));
  return { subject: Subject, message: emailText(Message), attributes };
}
