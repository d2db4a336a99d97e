import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { jest } from '@jest/globals';
import { Command } from 'commander';
import { buildLocalBundle } from '../../../asset/local-bundle.ts';
import type { PipelineSettings } from '../../../config/settings.ts';
import { DynamoDbLedger } from '../../../lambda-src/adapters/dynamodb-ledger.ts';
import type { ImageFacts } from '../../../lambda-src/contract/outcome.ts';
import { recipeHash } from '../../../lambda-src/contract/recipe.ts';
import type { Claim, Effect, UploadEvent } from '../../../lambda-src/ports.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../../../local/aws/embedded-aws.ts';
import { type S3Event, s3Event } from '../../../local/aws/s3-event.ts';
import { uploadTo } from '../../../local/aws/upload.ts';
import { functionConfiguration } from '../../../local/function/function-configuration.ts';
import type { InvocationAnswer } from '../../../local/function/invocation.ts';
import { LambdaRunner } from '../../../local/function/lambda-runner.ts';
import { serveLambda } from '../../lambda-endpoint.ts';

/** Time of every synthetic record. */
const NOON = Date.parse('2026-03-04T12:00:00Z');

const IMAGE: ImageFacts = { width: 640, height: 480, format: 'jpeg' };

type LambdaEndpoint = Awaited<ReturnType<typeof serveLambda>>;

/** A deployment on the embedded AWS, which the commands find by the environment and the name of the function. */
export class TestDeployment {
  readonly settings: PipelineSettings;
  readonly aws: EmbeddedAws;
  readonly functionName: string;
  /** Answers an invocation, with an error unless a test replaces it. */
  invoke: (payload: unknown) => Promise<InvocationAnswer> = async () => ({
    status: 'failed',
    error: { errorType: 'Error', errorMessage: 'this function does not run' },
  });
  readonly #endpoint: LambdaEndpoint;
  #runner: LambdaRunner | undefined;

  private constructor(settings: PipelineSettings, aws: EmbeddedAws, functionName: string, endpoint: LambdaEndpoint) {
    this.settings = settings;
    this.aws = aws;
    this.functionName = functionName;
    this.#endpoint = endpoint;
  }

  /** Starts a deployment and points the environment of this process at it. */
  static async start(settings: PipelineSettings): Promise<TestDeployment> {
    const aws = await startEmbeddedAws(settings);
    const { name, environment } = functionConfiguration(settings, aws.resources, aws.endpoints);
    const deadLetterQueueArn = `arn:aws:sqs:${settings.region}:000000000000:${aws.resources.deadLetterQueueUrl.split('/').at(-1)}`;
    const endpoint = await serveLambda({ name, environment, deadLetterQueueArn, invoke: (payload) => deployment.invoke(payload) });
    const deployment = new TestDeployment(settings, aws, name, endpoint);
    Object.assign(process.env, deployment.environment);
    return deployment;
  }

  /** The environment variables by which commands find this deployment. */
  get environment(): Record<string, string> {
    return {
      AWS_REGION: this.settings.region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_LAMBDA: this.#endpoint.url,
      AWS_ENDPOINT_URL_S3: this.aws.endpoints.s3,
      AWS_ENDPOINT_URL_SQS: this.aws.endpoints.sqs,
      AWS_ENDPOINT_URL_DYNAMODB: this.aws.endpoints.dynamodb,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  /** Starts the real function, which answers all further invocations. */
  async startFunction(): Promise<LambdaRunner> {
    const runner = await LambdaRunner.start({
      bundle: await buildLocalBundle(),
      configuration: functionConfiguration(this.settings, this.aws.resources, this.aws.endpoints),
      workers: 1,
      retryDelaysMilliseconds: [1, 1],
      onDeadLetter: async () => {},
    });
    this.#runner = runner;
    this.invoke = (payload) => runner.invoke(payload);
    return runner;
  }

  async close(): Promise<void> {
    await this.#runner?.close();
    await this.#endpoint.close();
    await this.aws.close();
  }

  /** Uploads a photo and returns its event, without a version because the embedded S3 has none. */
  async upload(key: string, body: Buffer = Buffer.from(key)): Promise<S3Event> {
    const bucket = this.aws.resources.uploadBucket;
    const stored = await uploadTo(this.aws.clients.s3, bucket, { key, body });
    const { Records } = s3Event({ ...stored, bucket, key, region: this.settings.region });
    return { Records: Records.map((record) => ({ ...record, s3: { ...record.s3, object: { ...record.s3.object, versionId: '' } } })) };
  }

  /** Writes the record of an uploaded photo as the function would, with defaults for everything not given. */
  async record(key: string, { effect, announced = true, ...different }: Recorded = {}): Promise<void> {
    const { tableName, uploadBucket } = this.aws.resources;
    const ledger = new DynamoDbLedger(this.aws.clients.dynamodb, tableName, this.settings.table.partitionKey);
    const claim = claimOf(uploadBucket, key, await this.#etagOf(key), { recipeHash: recipeHash(this.settings.recipe), ...different });
    await ledger.claim(claim);
    if (effect !== undefined) await ledger.commit(claim, effectOf(effect, claim.event), { announce: !announced, reported: [] });
    if (different.ended !== undefined) await ledger.release(claim, different.ended);
  }

  async #etagOf(key: string): Promise<string> {
    const { ETag = '' } = await this.aws.clients.s3.send(new HeadObjectCommand({ Bucket: this.aws.resources.uploadBucket, Key: key }));
    return ETag.replaceAll('"', '');
  }

  /** Sends an event to the dead-letter queue. */
  async deadLetter(event: unknown): Promise<void> {
    const QueueUrl = this.aws.resources.deadLetterQueueUrl;
    await this.aws.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ requestPayload: event }) }));
  }
}

/** How a record differs from the default. */
export interface Recorded extends Partial<Pick<Claim, 'leaseExpiresAt' | 'recipeHash'>> {
  /** Absent while the photo is being processed. */
  readonly effect?: 'processed' | 'failed';
  readonly announced?: boolean;
  /** How the claim ended without an effect. */
  readonly ended?: 'superseded' | 'gone' | 'processing';
  readonly event?: Partial<UploadEvent>;
}

function claimOf(
  bucket: string,
  key: string,
  etag: string,
  { event, leaseExpiresAt = NOON, ...different }: Recorded & { recipeHash: string },
): Claim {
  return {
    owner: 'request-1',
    run: 'run-1',
    now: NOON,
    leaseExpiresAt,
    recipeHash: different.recipeHash,
    event: { kind: 'created', bucket, key, etag, size: 3, sequencer: '0055', time: new Date(NOON), ...event },
  };
}

function effectOf(status: 'processed' | 'failed', { bucket, key }: UploadEvent): Effect {
  const common = { bucket, key, size: 3, uploadedAt: new Date(NOON).toISOString(), processedAt: new Date(NOON).toISOString() };
  if (status === 'failed') return { ...common, status, failureCode: 'Corrupt', detail: 'truncated' };
  return { ...common, status, contentType: 'image/jpeg', image: IMAGE, renditions: [] };
}

/** The exit code and the output of a command. */
export interface Ran {
  readonly code: number | string | undefined;
  readonly stdout: string;
}

/** Runs a command in this process. */
export async function run(register: (program: Command) => void, ...words: readonly string[]): Promise<Ran> {
  const written: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  register(program);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return { code: process.exitCode, stdout: written.join('') };
  } finally {
    write.mockRestore();
    // Otherwise jest would exit with the command's code.
    process.exitCode = undefined;
  }
}
