import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { TIMEOUTS } from './aws-clients.ts';

/** Puts events into the asynchronous queue of a function, as S3 does: Lambda retries them and sends those that keep failing to the dead-letter queue. */
export class LambdaInvoker {
  readonly #client = new LambdaClient({ requestHandler: TIMEOUTS });
  readonly #target: string;

  /** @param target ARN of a function or of its alias */
  constructor(target: string) {
    this.#target = target;
  }

  async invoke(event: unknown): Promise<void> {
    await this.#client.send(new InvokeCommand({ FunctionName: this.#target, InvocationType: 'Event', Payload: JSON.stringify(event) }));
  }
}
