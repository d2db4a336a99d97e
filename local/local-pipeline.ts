import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { buildLocalBundle } from '../asset/local-bundle.ts';
import type { PipelineSettings } from '../config/settings.ts';
import { renditionKey } from '../lambda-src/contract/recipe.ts';
import { type AwsEndpoints, type AwsResources, type EmbeddedAws, type EmbeddedAwsOptions, startEmbeddedAws } from './aws/embedded-aws.ts';
import { eventBridgeEvent } from './aws/eventbridge-event.ts';
import { findItem, type LedgerItem } from './aws/ledger-item.ts';
import { type Mail, takeMails } from './aws/mail-queue.ts';
import { type S3Event, s3Event } from './aws/s3-event.ts';
import type { Upload } from './aws/upload.ts';
import { keyOf, resultsOf, type UploadResult } from './function/delivery-results.ts';
import { functionConfiguration } from './function/function-configuration.ts';
import type { InvocationAnswer } from './function/invocation.ts';
import { LambdaRunner } from './function/lambda-runner.ts';

export interface LocalPipelineOptions {
  /** The deployment to run; its names are filled in with the account 000000000000. */
  readonly settings: PipelineSettings;
  /** Processes that run the function, one invocation at a time each. Default: as many as there are cores, at most 4. */
  readonly workers?: number | undefined;
  /** Gets every line that the function writes to its log. Default: they are dropped. */
  readonly onLog?: ((line: string) => void) | undefined;
  /** Path of the module that exports `handler`. Default: lambda-src, bundled as for Lambda if it changed since. */
  readonly bundle?: string | undefined;
  /** Where S3 listens, and who sees the requests. */
  readonly aws?: EmbeddedAwsOptions | undefined;
}

/** A photo on its way into the upload bucket. */
export type LocalPipelineUpload = Upload;
/** What became of one upload. */
export type LocalPipelineResult = UploadResult;
/** A message as a subscriber of the notification topic gets it. */
export type LocalPipelineNotification = Mail;

/** The whole pipeline on one machine: the production bundle between real S3, DynamoDB, SNS and SQS protocols on loopback. */
export interface LocalPipeline {
  /** URLs on loopback that speak the AWS protocols; any credentials do. */
  readonly endpoints: AwsEndpoints;
  /** Names of the buckets, the table, the topic and the queues. */
  readonly resources: AwsResources;
  /**
   * Uploads a photo, delivers its event to the function and waits for the end, retries included. Rejects only when the upload itself
   * does, such as for a file that cannot be read, and when the local pipeline is closed meanwhile.
   */
  submit(upload: LocalPipelineUpload): Promise<LocalPipelineResult>;
  /** Delivers an event as S3 would, asynchronously: retries, then the dead-letter queue. Answers with one result per record. */
  deliver(event: S3Event): Promise<readonly LocalPipelineResult[]>;
  /** Invokes the function synchronously, once, and hands back its answer or its error. */
  invoke(event: unknown): Promise<InvocationAnswer>;
  /** Kills the process that works on the event of a key, as a crash would; false when none does. */
  crash(key: string): Promise<boolean>;
  /** Reads a rendition from the output bucket. */
  readRendition(key: string): Promise<Buffer>;
  /** Frees the memory of an upload and its renditions; its record stays. */
  remove(key: string): Promise<void>;
  /** What was published since the last call. */
  notifications(): Promise<readonly LocalPipelineNotification[]>;
  /** The table's item of a key, as plain values; undefined when there is none. */
  record(key: string): Promise<LedgerItem | undefined>;
  /** Stops every process and server. May be called at any time and more than once. */
  close(): Promise<void>;
}

/**
 * Starts the local pipeline: servers on free loopback ports, the resources of the deployment, the function's first process.
 * @throws {PackageError} when the handler cannot be bundled
 * @throws {FunctionStartError} when the function cannot be loaded
 */
export async function startLocalPipeline(options: LocalPipelineOptions): Promise<LocalPipeline> {
  const starting = startEmbeddedAws(options.settings, options.aws);
  try {
    const [aws, bundle] = await Promise.all([starting, options.bundle ?? buildLocalBundle()]);
    return new RunningPipeline(options.settings, aws, await startFunction(options, bundle, aws));
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

class RunningPipeline implements LocalPipeline {
  readonly #settings: PipelineSettings;
  readonly #aws: EmbeddedAws;
  readonly #runner: LambdaRunner;
  /** The latest upload of each key that is on its way. */
  readonly #uploads = new Map<string, Promise<S3Event>>();
  /** Request ids of the events that are being dealt with, by key. */
  readonly #requests = new Map<string, string>();
  #closed: Promise<void> | undefined;

  constructor(settings: PipelineSettings, aws: EmbeddedAws, runner: LambdaRunner) {
    this.#settings = settings;
    this.#aws = aws;
    this.#runner = runner;
  }

  get endpoints(): AwsEndpoints {
    return this.#aws.endpoints;
  }

  get resources(): AwsResources {
    return this.#aws.resources;
  }

  async submit(upload: LocalPipelineUpload): Promise<LocalPipelineResult> {
    const started = performance.now();
    const { key } = upload;
    const reason = reasonNotToFire(key, this.#settings.trigger);
    // S3 would keep the object and tell nobody; here it would only take up memory.
    if (reason !== undefined) return { key, status: 'ignored', detail: reason, outputs: [], attempts: 0, milliseconds: 0 };
    const [result] = await this.#deliver(await this.#uploadInTurn(upload), started);
    if (result === undefined) throw new Error(`The function answered without an outcome for ${key}`);
    return result;
  }

  deliver(event: S3Event): Promise<readonly LocalPipelineResult[]> {
    return this.#deliver(event, performance.now());
  }

  invoke(event: unknown): Promise<InvocationAnswer> {
    return this.#runner.invoke(event);
  }

  async crash(key: string): Promise<boolean> {
    const requestId = this.#requests.get(key);
    return requestId !== undefined && (await this.#runner.kill(requestId));
  }

  async readRendition(key: string): Promise<Buffer> {
    return this.#aws.objects.read(this.resources.outputBucket ?? '', key);
  }

  async remove(key: string): Promise<void> {
    const { uploadBucket, outputBucket } = this.resources;
    const { objects, originals } = this.#aws;
    originals.release(uploadBucket, key);
    const renditions = this.#settings.recipe.renditions.map((rendition) => renditionKey(rendition, key));
    await Promise.all([objects.remove(uploadBucket, key), ...renditions.map((one) => objects.remove(outputBucket ?? '', one))]);
  }

  notifications(): Promise<readonly LocalPipelineNotification[]> {
    return takeMails(this.#aws.clients.sqs, this.resources.mailQueueUrl);
  }

  record(key: string): Promise<LedgerItem | undefined> {
    const { tableName, uploadBucket } = this.resources;
    return findItem(this.#aws.clients.dynamodb, tableName, { bucket: uploadBucket, key });
  }

  close(): Promise<void> {
    this.#closed ??= this.#runner.close().then(() => this.#aws.close());
    return this.#closed;
  }

  /** As the trigger's source does: S3 sends all records in one event, EventBridge an event for each. */
  async #deliver(event: S3Event, started: number): Promise<LocalPipelineResult[]> {
    if (this.#settings.trigger.source === 's3') return this.#deliverPayload(event, event.Records, started);
    const results = event.Records.map((record) => this.#deliverPayload(eventBridgeEvent(record), [record], started));
    return (await Promise.all(results)).flat();
  }

  async #deliverPayload(payload: object, records: S3Event['Records'], started: number): Promise<LocalPipelineResult[]> {
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

  /** Uploads of one key one after the other, so that the order of their events is the order in which they stand in the bucket. */
  async #uploadInTurn(upload: LocalPipelineUpload): Promise<S3Event> {
    const { key } = upload;
    const before = this.#uploads.get(key) ?? Promise.resolve();
    const uploading = before.then(
      () => this.#upload(upload),
      () => this.#upload(upload),
    );
    this.#uploads.set(key, uploading);
    try {
      return await uploading;
    } finally {
      if (this.#uploads.get(key) === uploading) this.#uploads.delete(key);
    }
  }

  async #upload(upload: LocalPipelineUpload): Promise<S3Event> {
    const { uploadBucket: bucket } = this.resources;
    const body = typeof upload.body === 'string' ? await readFile(upload.body) : upload.body;
    const stored = this.#aws.originals.hold(bucket, { ...upload, body });
    return s3Event({ ...stored, bucket, key: upload.key, region: this.#settings.region });
  }
}

/** Why S3 would not tell the function of a key. Suffixes in any letter case, of which S3 itself is told the usual ones. */
export function reasonNotToFire(key: string, { prefix, suffixes }: PipelineSettings['trigger']): string | undefined {
  if (!key.startsWith(prefix)) return `the trigger listens to keys that begin with ${prefix}`;
  const lowerCase = key.toLowerCase();
  if (suffixes.length === 0 || suffixes.some((suffix) => lowerCase.endsWith(suffix))) return undefined;
  return `the trigger listens to keys that end with ${suffixes.join(' or ')}`;
}
