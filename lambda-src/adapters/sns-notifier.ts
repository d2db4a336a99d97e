import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Notification, Notifier } from '../ports.ts';
import type { Timeouts } from './aws-clients.ts';

export function makeSnsClient(timeouts: Timeouts): SNSClient {
  return new SNSClient({ requestHandler: timeouts });
}

/** Timeout for publishing; well below the 30 seconds for which a run reserves a message. */
const TIMEOUT_MILLISECONDS = 20_000;

/** Publishes notifications to an SNS topic. */
export class SnsNotifier implements Notifier {
  readonly #client: SNSClient;
  readonly #topicArn: string;

  constructor(client: SNSClient, topicArn: string) {
    this.#client = client;
    this.#topicArn = topicArn;
  }

  async publish({ subject, message, body, attributes }: Notification): Promise<void> {
    await this.#client.send(
      new PublishCommand({
        TopicArn: this.#topicArn,
        Subject: subject,
        // Mail gets the text, every other protocol the default (https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html).
        MessageStructure: 'json',
        Message: JSON.stringify({ default: JSON.stringify(body), email: message }),
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
      }),
      { abortSignal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) },
    );
  }
}
