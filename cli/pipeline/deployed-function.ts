import {
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { fromEnvironment, type HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { OperatorError } from './operator-error.ts';

/** An ARN, taken apart. */
interface Arn {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** A deployed function, found by its name alone: its own configuration tells everything else. */
export class DeployedFunction {
  readonly name: string;
  readonly lambda = new LambdaClient({});
  // The queue is in the client's own region; an emulator's queue URLs often name a host that does not resolve.
  readonly #sqs = new SQSClient({ useQueueUrlAsEndpoint: false });

  constructor(name: string) {
    this.name = name;
  }

  /** The settings that the function runs with. */
  async settings(): Promise<HandlerSettings> {
    const { Environment } = await this.#found(this.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: this.name })));
    return fromEnvironment(Environment?.Variables ?? {});
  }

  /** URL of the queue that its events end in after the last retry. */
  async deadLetterQueueUrl(): Promise<string> {
    const { account, resource } = await this.#deadLetterQueue();
    const { QueueUrl } = await this.#sqs.send(new GetQueueUrlCommand({ QueueName: resource, QueueOwnerAWSAccountId: account }));
    return QueueUrl ?? '';
  }

  /** How many events wait in that queue, roughly, as SQS counts. */
  async deadLetters(): Promise<number> {
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: await this.deadLetterQueueUrl(),
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Number(Attributes.ApproximateNumberOfMessages ?? 0) + Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0);
  }

  /** Where it is deployed; its queue is in the same account and region. */
  async place(): Promise<{ functionArn: string; partition: string; region: string; account: string }> {
    const { partition, region, account } = await this.#deadLetterQueue();
    return { functionArn: `arn:${partition}:lambda:${region}:${account}:function:${this.name}`, partition, region, account };
  }

  async #deadLetterQueue(): Promise<Arn> {
    const { DestinationConfig } = await this.#found(this.lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: this.name })));
    const [, partition = '', , region = '', account, resource] = DestinationConfig?.OnFailure?.Destination?.split(':') ?? [];
    if (account === undefined || resource === undefined) {
      throw new OperatorError(`The function "${this.name}" has no dead-letter queue. Deploy it again; the stack sets one.`);
    }
    return { partition, region, account, resource };
  }

  async #found<Answer>(asked: Promise<Answer>): Promise<Answer> {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      throw new OperatorError(
        `There is no function "${this.name}" in this account and region. The output \`function_name\` of the deployment tells its name.`,
        {
          cause: error,
        },
      );
    }
  }
}
