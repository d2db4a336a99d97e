import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { TIMEOUTS } from './aws-clients.ts';

/** Puts events into the asynchronous queue of a function, as S3 does: Lambda retries them and sends those that keep failing to the dead-letter queue. */
export class LambdaInvoker {
  readonly #client = new LambdaClient({ requestHandler: TIMEOUTS });
  readonly #functionName: string;

  constructor(functionName: string) {
    this.#functionName = functionName;
  }

  async invoke(event: unknown): Promise<void> {
    await this.#client.send(
      new InvokeCommand({ FunctionName: this.#functionName, InvocationType: 'Event', Payload: JSON.stringify(event) }),
    );
  }
}
