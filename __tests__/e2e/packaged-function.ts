import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { GetFunctionCommand, GetFunctionEventInvokeConfigCommand } from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import extractZip from 'extract-zip';
import { z } from 'zod';
import { LambdaRunner } from '../../local/function/lambda-runner.ts';
import type { EmulatedAws } from './emulated-aws.ts';
import { workspace } from './workspace.ts';

/** The parts of a function's Lambda configuration that determine how it runs. */
const configurationSchema = z.object({
  FunctionName: z.string(),
  FunctionArn: z.string(),
  CodeSha256: z.string(),
  Handler: z.string(),
  Runtime: z.string(),
  Timeout: z.number(),
  MemorySize: z.number(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
});
type Configuration = z.infer<typeof configurationSchema>;

const retriesSchema = z.object({ DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }) }) });

/** The deployed function, ready to run: the uploaded package with its configuration in Lambda. */
export class PackagedFunction {
  readonly configuration: Configuration;
  readonly deadLetterQueueArn: string;
  /** All logged lines. */
  readonly log: string[] = [];
  readonly #aws: EmulatedAws;
  readonly #folder: string;

  private constructor(aws: EmulatedAws, configuration: Configuration, deadLetterQueueArn: string, folder: string) {
    this.#aws = aws;
    this.configuration = configuration;
    this.deadLetterQueueArn = deadLetterQueueArn;
    this.#folder = folder;
  }

  /** Unpacks a zip after checking that it is the deployed package. */
  static async unpack(aws: EmulatedAws, FunctionName: string, zip: string, folder: string): Promise<PackagedFunction> {
    const { lambda } = aws.clients;
    const configuration = configurationSchema.parse((await lambda.send(new GetFunctionCommand({ FunctionName }))).Configuration);
    const sha256 = createHash('sha256')
      .update(await readFile(zip))
      .digest('base64');
    if (sha256 !== configuration.CodeSha256)
      throw new Error(`${zip} has the SHA-256 ${sha256}, but the deployed package has ${configuration.CodeSha256}`);
    await extractZip(zip, { dir: folder });
    const retries = retriesSchema.parse(await lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName })));
    return new PackagedFunction(aws, configuration, retries.DestinationConfig.OnFailure.Destination, folder);
  }

  /**
   * Starts the function like Lambda, with retries and dead letters to the deployed queue.
   * @param differences environment variables that inject faults
   */
  async start(differences: Readonly<Record<string, string>> = {}): Promise<LambdaRunner> {
    const { FunctionName: name, FunctionArn: arn, Handler, Timeout } = this.configuration;
    const [module] = Handler.split('.');
    return LambdaRunner.start({
      bundle: join(this.#folder, `${module}.mjs`),
      configuration: { name, arn, timeoutMilliseconds: Timeout * 1000, environment: { ...this.#environment(), ...differences } },
      execPath: workspace().node,
      workers: 3,
      retryDelaysMilliseconds: [50, 100],
      onLog: (line) => this.log.push(line),
      onDeadLetter: (letter) => this.#giveUp(letter),
    });
  }

  /** The deployed variables, those that Lambda adds (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), and the endpoint of the emulated AWS. */
  #environment(): Record<string, string> {
    const { FunctionName, MemorySize, Environment } = this.configuration;
    return {
      AWS_LAMBDA_FUNCTION_NAME: FunctionName,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
      AWS_REGION: this.#aws.region,
      TZ: 'UTC',
      ...Environment.Variables,
      AWS_ENDPOINT_URL: this.#aws.url,
      AWS_ACCESS_KEY_ID: 'emulated',
      AWS_SECRET_ACCESS_KEY: 'emulated',
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
    };
  }

  async #giveUp(letter: object): Promise<void> {
    const { sqs } = this.#aws.clients;
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: this.deadLetterQueueArn.split(':').at(-1) }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(letter) }));
  }
}
