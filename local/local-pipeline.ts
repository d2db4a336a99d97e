import { randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { buildLocalBundle } from '../asset/local-bundle.ts';
import { PROJECT_ROOT } from '../asset/packaged-file.ts';
import type { PipelineSettings } from '../config/settings.ts';
import { outputsOf } from '../lambda-src/contract/rendition-key.ts';
import { type AwsEndpoints, type AwsResources, type EmbeddedAws, type EmbeddedAwsOptions, startEmbeddedAws } from './aws/embedded-aws.ts';
import { findItem, type LedgerItem } from './aws/ledger-item.ts';
import { type Mail, takeMails } from './aws/mail-queue.ts';
import { eventBridgeEvent, type S3Event, s3Event } from './aws/s3-event.ts';
import type { Upload } from './aws/upload.ts';
import { keyOf, resultsOf, type UploadResult, unhandled } from './function/delivery-results.ts';
import { functionConfiguration } from './function/function-configuration.ts';
import type { InvocationAnswer } from './function/invocation.ts';
import { LambdaRunner, type LambdaRunnerOptions } from './function/lambda-runner.ts';

export interface LocalPipelineOptions extends Pick<LambdaRunnerOptions, 'workers' | 'onLog'> {
  /** The deployment to run; its names use the account 000000000000. */
  readonly settings: PipelineSettings;
  /** Path of the module that exports `handler`. Default: lambda-src, bundled as for Lambda if it has changed. */
  readonly bundle?: string | undefined;
  /** The port of S3 and the observer of requests. */
  readonly aws?: EmbeddedAwsOptions | undefined;
}

/**
 * Starts the local pipeline: servers on free loopback ports, the deployment's resources and the function's first process.
 * @throws {PackageError} if the handler cannot be bundled
 * @throws {FunctionStartError} if the function cannot be loaded
 */
export async function startLocalPipeline(options: LocalPipelineOptions): Promise<LocalPipeline> {
  const starting = startEmbeddedAws(options.settings, options.aws);
  try {
    const [aws, bundle] = await Promise.all([starting, options.bundle ?? buildLocalBundle(PROJECT_ROOT, options.settings)]);
    return new LocalPipeline(options.settings, aws, await startFunction(options, bundle, aws));
  } catch (error) {
    await starting.then((aws) => aws.close());
    throw error;
  }
}

function startFunction(
  options: LocalPipelineOptions,
  bundle: string,
  { clients, endpoints, resources }: EmbeddedAws,
): Promise<LambdaRunner> {
  return LambdaRunner.start({
    bundle,
    configuration: functionConfiguration(options.settings, resources, endpoints),
    workers: options.workers,
    onLog: options.onLog,
    onDeadLetter: async (letter) => {
      const QueueUrl = resources.deadLetterQueueUrl;
      await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(letter) }));
    },
  });
}

/** A photo to submit. A function reads its bytes only if the trigger matches its key. */
export interface Submission extends Omit<Upload, 'body'> {
  readonly body: Buffer | (() => Promise<Buffer>);
}

/** The whole pipeline on one machine: the production bundle with the real S3, DynamoDB, SNS and SQS protocols on loopback. */
export class LocalPipeline {
  readonly #settings: PipelineSettings;
  readonly #aws: EmbeddedAws;
  readonly #runner: LambdaRunner;
  /** Request ids of the events in flight, by key. */
  readonly #requests = new Map<string, string>();
  #closed: Promise<void> | undefined;

  constructor(settings: PipelineSettings, aws: EmbeddedAws, runner: LambdaRunner) {
    this.#settings = settings;
    this.#aws = aws;
    this.#runner = runner;
  }

  /** Loopback URLs that speak the AWS protocols; any credentials work. */
  get endpoints(): AwsEndpoints {
    return this.#aws.endpoints;
  }

  /** A client for these endpoints. */
  get s3(): S3Client {
    return this.#aws.clients.s3;
  }

  /** Names of the buckets, the table, the topic and the queues. */
  get resources(): AwsResources {
    return this.#aws.resources;
  }

  /**
   * Uploads a photo, delivers its event to the function and waits for the outcome, including retries. Rejects only if the bytes
   * cannot be read, or if the local pipeline is closed in the meantime.
   */
  async submit({ body, ...upload }: Submission): Promise<UploadResult> {
    const { key } = upload;
    const reason = reasonNotToFire(key, this.#settings.trigger);
    // S3 would keep the object without sending an event; here it would only use memory.
    if (reason !== undefined) return unhandled(key, 'ignored', reason);
    const { uploadBucket: bucket } = this.resources;
    const stored = this.#aws.originals.hold(bucket, { ...upload, body: typeof body === 'function' ? await body() : body });
    const [result] = await this.deliver(s3Event({ ...stored, bucket, key, region: this.#settings.region }));
    if (result === undefined) throw new Error(`The function returned no outcome for ${key}`);
    return result;
  }

  /** Delivers an event as S3 would, asynchronously: with retries, then the dead-letter queue. Returns one result per record. */
  async deliver(event: S3Event): Promise<readonly UploadResult[]> {
    // S3 sends all records in one event, EventBridge one event per record.
    if (this.#settings.trigger.source === 's3') return this.#deliverPayload(event, event.Records);
    const results = event.Records.map((record) => this.#deliverPayload(eventBridgeEvent(record), [record]));
    return (await Promise.all(results)).flat();
  }

  /** Invokes the function once, synchronously, and returns its response or error. */
  invoke(event: unknown): Promise<InvocationAnswer> {
    return this.#runner.invoke(event);
  }

  /** Kills the process that is working on a key's event, like a crash. Returns false if there is none. */
  async crash(key: string): Promise<boolean> {
    const requestId = this.#requests.get(key);
    return requestId !== undefined && (await this.#runner.kill(requestId));
  }

  /** Reads a rendition from the output bucket. */
  async readRendition(key: string): Promise<Buffer> {
    return this.#aws.objects.read(this.resources.outputBucket ?? '', key);
  }

  /** Deletes an upload and its renditions to free memory; its record stays. */
  async remove(key: string): Promise<void> {
    const { uploadBucket, outputBucket } = this.resources;
    const { objects, originals } = this.#aws;
    originals.release(uploadBucket, key);
    const outputs = outputsOf(this.#settings.recipe, key);
    await Promise.all([objects.remove(uploadBucket, key), ...outputs.map((output) => objects.remove(outputBucket ?? '', output.key))]);
  }

  /** Returns the messages published since the last call. */
  notifications(): Promise<readonly Mail[]> {
    return takeMails(this.#aws.clients.sqs, this.resources.mailQueueUrl);
  }

  /** Returns a key's item in the table, as plain values; undefined if there is none. */
  record(key: string): Promise<LedgerItem | undefined> {
    const { tableName, uploadBucket } = this.resources;
    return findItem(this.#aws.clients.dynamodb, tableName, { bucket: uploadBucket, key });
  }

  /** Stops every process and server. Can be called at any time and more than once. */
  close(): Promise<void> {
    this.#closed ??= this.#runner.close().then(() => this.#aws.close());
    return this.#closed;
  }

  async #deliverPayload(payload: object, records: S3Event['Records']): Promise<UploadResult[]> {
    const started = performance.now();
    const requestId = randomUUID();
    const keys = records.map(keyOf);
    for (const key of keys) this.#requests.set(key, requestId);
    try {
      const delivery = await this.#runner.deliver(payload, requestId);
      return resultsOf(records, delivery, performance.now() - started);
    } finally {
      for (const key of keys) if (this.#requests.get(key) === requestId) this.#requests.delete(key);
    }
  }
}

/** Returns why the trigger does not match a key. Suffixes match in any letter case; S3 itself is configured with the usual spellings. */
export function reasonNotToFire(key: string, { prefix, suffixes }: PipelineSettings['trigger']): string | undefined {
  if (!key.startsWith(prefix)) return `the trigger listens to keys that begin with ${prefix}`;
  const lowerCase = key.toLowerCase();
  if (suffixes.length === 0 || suffixes.some((suffix) => lowerCase.endsWith(suffix))) return undefined;
  return `the trigger listens to keys that end with ${suffixes.join(' or ')}`;
}
