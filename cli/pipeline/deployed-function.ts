import {
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { LIVE_ALIAS } from '../../config/settings.ts';
import { fromEnvironment, type HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { OperatorError } from './command-line.ts';

/** The parts of an ARN. */
interface Arn {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** The version that receives the events. */
interface Live {
  /** Absent in a deployment that has no alias yet. */
  readonly qualifier?: string;
  readonly configuration: FunctionConfiguration;
}

/** What the function answered to one invocation. */
interface Answer {
  readonly answer: unknown;
  /** Message of the error that ended the invocation; undefined if none did. */
  readonly error: string | undefined;
}

const errorSchema = z.object({ errorMessage: z.string() });

/** A deployed function. Its name is enough: its configuration names everything else. */
export class DeployedFunction {
  readonly name: string;
  readonly #lambda = new LambdaClient({});
  #live: Promise<Live> | undefined;
  // Emulators often return queue URLs with a host that does not resolve; the client's own endpoint is right, as the queue is in its region.
  readonly sqs = new SQSClient({ useQueueUrlAsEndpoint: false });

  constructor(name: string) {
    this.name = name;
  }

  /** Reads the settings of the version that receives the events. */
  async settings(): Promise<HandlerSettings> {
    const { configuration } = await this.#liveVersion();
    return fromEnvironment(configuration.Environment?.Variables ?? {});
  }

  /** Invokes the version that receives the events, and waits for its answer. */
  async invoke(payload: unknown): Promise<Answer> {
    const { qualifier: Qualifier } = await this.#liveVersion();
    const { FunctionError, Payload } = await this.#lambda.send(
      new InvokeCommand({ FunctionName: this.name, Qualifier, Payload: JSON.stringify(payload) }),
    );
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
    const { errorMessage = 'the function failed' } = errorSchema.safeParse(answer).data ?? {};
    return { answer, error: FunctionError === undefined ? undefined : errorMessage };
  }

  /** Returns the URL of the dead-letter queue. */
  async deadLetterQueueUrl(): Promise<string> {
    const { account, resource } = await this.#deadLetterQueue();
    const { QueueUrl } = await this.sqs.send(new GetQueueUrlCommand({ QueueName: resource, QueueOwnerAWSAccountId: account }));
    return QueueUrl ?? '';
  }

  /** Returns the approximate number of events in the dead-letter queue. */
  async deadLetters(): Promise<number> {
    const { Attributes = {} } = await this.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: await this.deadLetterQueueUrl(),
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Number(Attributes.ApproximateNumberOfMessages ?? 0) + Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0);
  }

  /** Returns where the function is deployed, which is also where its queue is. */
  async place(): Promise<{ partition: string; region: string; account: string }> {
    const { partition, region, account } = await this.#deadLetterQueue();
    return { partition, region, account };
  }

  #liveVersion(): Promise<Live> {
    this.#live ??= this.#findLive();
    return this.#live;
  }

  /** A deployment by an earlier release has no alias; its events go to the function itself. */
  async #findLive(): Promise<Live> {
    const configuration = (Qualifier?: string): Promise<FunctionConfiguration> =>
      this.#lambda.send(new GetFunctionConfigurationCommand({ FunctionName: this.name, Qualifier }));
    try {
      return { qualifier: LIVE_ALIAS, configuration: await configuration(LIVE_ALIAS) };
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      return { configuration: await this.#found(configuration()) };
    }
  }

  async #deadLetterQueue(): Promise<Arn> {
    const { DestinationConfig } = await this.#found(
      this.#lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: this.name })),
    );
    const [, partition = '', , region = '', account, resource] = DestinationConfig?.OnFailure?.Destination?.split(':') ?? [];
    if (account === undefined || resource === undefined) {
      throw new OperatorError(`The function "${this.name}" has no dead-letter queue. Deploy it again: the stack has one.`);
    }
    return { partition, region, account, resource };
  }

  async #found<Answer>(request: Promise<Answer>): Promise<Answer> {
    try {
      return await request;
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      throw new OperatorError(
        `There is no function "${this.name}" in this account and region. The output \`function_name\` of the deployment has its name.`,
        { cause: error },
      );
    }
  }
}
