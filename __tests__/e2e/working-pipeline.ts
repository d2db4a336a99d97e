import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from '@jest/globals';
import { type MessageBody, messageSchema } from '../../lambda-src/contract/message.ts';
import type { OutcomeStatus } from '../../lambda-src/contract/outcome.ts';
import { findItem, type LedgerItem } from '../../local/aws/ledger-item.ts';
import { type Mail, takeMails } from '../../local/aws/mail-queue.ts';
import { resultsOf } from '../../local/function/delivery-results.ts';
import type { LambdaRunner } from '../../local/function/lambda-runner.ts';
import type { DeployedPipeline } from './deployed-pipeline.ts';
import { liftPolicy, type Restore, removeUndeletable } from './emulator-gaps.ts';
import { type EventSource, NOTIFICATIONS } from './event-source.ts';
import { makeQueue, subscribeLikeMail, type TestQueue, takeAll } from './test-queue.ts';

/** One record of an event about an upload. */
type UploadRecord = Readonly<Record<string, unknown>>;

/** One version of a photo in the upload bucket. */
export interface UploadedPhoto {
  readonly versionId: string;
  /** The bucket's records of it, one per matching notification. */
  readonly records: readonly UploadRecord[];
}

/** A rendition in the output bucket. */
export interface RenditionObject {
  readonly bytes: Buffer;
  readonly contentType: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Parses the JSON body of a message; fails if it does not satisfy the schema. */
export function messageIn(mail: Mail | undefined): MessageBody {
  return messageSchema.parse(JSON.parse(mail?.message ?? ''));
}

/** A deployed pipeline while photos go through it. */
export class WorkingPipeline {
  readonly deployed: DeployedPipeline;
  readonly runner: LambdaRunner;
  readonly #source: EventSource;
  readonly #uploads: TestQueue;
  readonly #mails: TestQueue;
  readonly #restore: readonly Restore[];

  private constructor(
    deployed: DeployedPipeline,
    runner: LambdaRunner,
    source: EventSource,
    queues: { uploads: TestQueue; mails: TestQueue },
    restore: readonly Restore[],
  ) {
    this.deployed = deployed;
    this.runner = runner;
    this.#source = source;
    this.#uploads = queues.uploads;
    this.#mails = queues.mails;
    this.#restore = restore;
  }

  static async start(deployed: DeployedPipeline, source: EventSource): Promise<WorkingPipeline> {
    const { s3, sns, sqs } = deployed.aws.clients;
    const { upload_bucket_name, processed_bucket_name, notification_topic_arn } = deployed.outputs;
    const uploads = await makeQueue(sqs, 'test-uploads');
    const mails = await makeQueue(sqs, 'test-mails');
    const buckets = [upload_bucket_name, processed_bucket_name].filter((name) => name !== undefined);
    const restore = [
      ...buckets.map((bucket) => () => removeUndeletable(s3, bucket)),
      ...(await Promise.all(buckets.map((bucket) => liftPolicy(s3, bucket)))),
      await source.copy(deployed.aws, upload_bucket_name, uploads.arn),
      await subscribeLikeMail(sns, notification_topic_arn, mails),
      uploads.remove,
      mails.remove,
    ];
    await takeAll(sqs, uploads.url); // The test event that a bucket sends when it is configured.
    return new WorkingPipeline(deployed, await deployed.function.start(), source, { uploads, mails }, restore);
  }

  /** Stops the function and restores the deployment. */
  async stop(): Promise<void> {
    await this.runner.close();
    for (const restore of this.#restore) await restore();
  }

  /** Uploads a photo. Its event has been sent when the upload returns. */
  async upload(
    Key: string,
    Body: Buffer,
    { ContentType = 'image/jpeg', Metadata = {} }: { ContentType?: string; Metadata?: Record<string, string> } = {},
  ): Promise<UploadedPhoto> {
    const { s3 } = this.deployed.aws.clients;
    const Bucket = this.deployed.outputs.upload_bucket_name;
    const { VersionId = '' } = await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType, Metadata }));
    return { versionId: VersionId, records: await this.recordsOf(VersionId) };
  }

  /** Returns the bucket's records since the last call, for the uploaded version. */
  async recordsOf(versionId: string): Promise<UploadRecord[]> {
    const events = await takeAll(this.deployed.aws.clients.sqs, this.#uploads.url);
    return events.flatMap((event) => this.#source.recordsOf(event, versionId));
  }

  /** Delivers records asynchronously, as their source does, and returns the outcome of each. */
  async deliver(...records: readonly unknown[]): Promise<(OutcomeStatus | 'deadLettered')[]> {
    const answers = await Promise.all(this.#source.eventsOf(records).map((event) => this.runner.deliver(event)));
    return answers.flatMap((delivery) => resultsOf(records, delivery, 0).map(({ status }) => status));
  }

  /** Wraps records into events. */
  eventsOf(records: readonly UploadRecord[]): readonly unknown[] {
    return this.#source.eventsOf(records);
  }

  /** What was published since the last call. The emulator sends a queue the JSON body, not the email. */
  async mails(): Promise<Mail[]> {
    return takeMails(this.deployed.aws.clients.sqs, this.#mails.url);
  }

  /** Returns the ledger item of a photo. */
  async item(key: string): Promise<LedgerItem | undefined> {
    const { upload_bucket_name: bucket, metadata_table_name } = this.deployed.outputs;
    return findItem(this.deployed.aws.clients.dynamodb, metadata_table_name, { bucket, key });
  }

  async rendition(Key: string): Promise<RenditionObject> {
    const {
      Body,
      ContentType,
      Metadata = {},
    } = await this.deployed.aws.clients.s3.send(new GetObjectCommand({ Bucket: this.#outputBucket, Key }));
    return { bytes: Buffer.from((await Body?.transformToByteArray()) ?? []), contentType: ContentType, metadata: Metadata };
  }

  /** Returns every version of every object with this key prefix in the output bucket. */
  async renditionVersions(Prefix = ''): Promise<string[]> {
    const { Versions = [] } = await this.deployed.aws.clients.s3.send(
      new ListObjectVersionsCommand({ Bucket: this.#outputBucket, Prefix }),
    );
    return Versions.map(({ Key = '' }) => Key);
  }

  get #outputBucket(): string {
    const { upload_bucket_name, processed_bucket_name = upload_bucket_name } = this.deployed.outputs;
    return processed_bucket_name;
  }
}

/** Starts a pipeline for the tests of a `describe`. */
export function atWork(
  deployed: () => DeployedPipeline,
  sourceOf: (deployed: DeployedPipeline) => EventSource = () => NOTIFICATIONS,
): () => WorkingPipeline {
  let working: WorkingPipeline | undefined;
  beforeAll(async () => {
    working = await WorkingPipeline.start(deployed(), sourceOf(deployed()));
  });
  afterAll(() => working?.stop());
  return () => {
    if (working === undefined) throw new Error('the pipeline is not running');
    return working;
  };
}
