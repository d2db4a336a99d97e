import { BatchWriteItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { handlerSettings } from '../../config/handler-settings.ts';
import type { PipelineSettings } from '../../config/settings.ts';
import { type Item, recordOf } from '../../lambda-src/adapters/ledger-item.ts';
import { PhotoListing } from '../../lambda-src/adapters/photo-listing.ts';
import { DynamoDbBookmark } from '../../lambda-src/adapters/reconciliation-bookmark.ts';
import { BOOKMARK_KEY } from '../../lambda-src/contract/record.ts';
import { reconciledEvent } from '../../lambda-src/events/s3-event.ts';
import { type HandlerParts, handleEvent } from '../../lambda-src/handle-event.ts';
import { Observer } from '../../lambda-src/observer.ts';
import { type Reconciled, reconcile } from '../../lambda-src/reconcile/reconcile.ts';
import { wire } from '../../lambda-src/wire.ts';
import { TestDeployment } from '../cli/pipeline/test-deployment.ts';

const ATTEMPTS = 3;
const HOUR = 3_600_000;

/** What one photo came to: its record and its messages. */
export interface Outcome {
  readonly key: string;
  readonly status: string;
  readonly messages: number;
}

/** The real handler and the real reconciler on the embedded AWS, with events that can be lost. Time passes only when a test says so. */
export class LossyPipeline {
  readonly deployment: TestDeployment;
  /** Keys whose processing fails with a system fault. */
  readonly failing = new Set<string>();
  /** Events that failed three times. */
  readonly deadLetters: unknown[] = [];
  renders = 0;
  #now = Date.now();
  #requests = 0;
  readonly #messages = new Map<string, number>();
  readonly #parts: HandlerParts;

  private constructor(deployment: TestDeployment) {
    this.deployment = deployment;
    const { settings, aws } = deployment;
    const parts = wire(handlerSettings(settings, aws.resources), aws.clients, new Observer('test'), 1769);
    const { render, notifier, originals } = parts.dependencies;
    this.#parts = {
      ...parts,
      observer: { received: () => {}, outcome: () => {}, repeated: () => {}, fault: () => {} },
      dependencies: {
        ...parts.dependencies,
        originals: {
          head: (bucket, key) => originals.head(bucket, key),
          read: async (request) => {
            if (this.failing.has(request.key)) throw new Error('S3 is out of order');
            return originals.read(request);
          },
        },
        render: async (...rendering) => {
          this.renders += 1;
          return render(...rendering);
        },
        notifier: {
          publish: async (notification) => {
            const { body } = notification;
            const key = body.type === 'image' ? body.key : '';
            this.#messages.set(key, (this.#messages.get(key) ?? 0) + 1);
            await notifier.publish(notification);
          },
        },
      },
    };
    deployment.invoke = async (payload) => {
      try {
        return { status: 'answered', payload: await this.#invoke(payload) };
      } catch (error) {
        return { status: 'failed', error: { errorType: 'Error', errorMessage: String(error) } };
      }
    };
  }

  static async start(settings: PipelineSettings): Promise<LossyPipeline> {
    const deployment = await TestDeployment.start(settings);
    process.env.AWS_ENDPOINT_URL_SNS = deployment.aws.endpoints.sns;
    return new LossyPipeline(deployment);
  }

  close(): Promise<void> {
    return this.deployment.close();
  }

  pass(hours: number): void {
    this.#now += hours * HOUR;
  }

  /** Delivers an event as Lambda does: three attempts under one request ID, then the dead-letter queue. */
  async deliver(event: unknown): Promise<void> {
    const request = this.#newRequest();
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      try {
        await this.#invoke(event, request);
        return;
      } catch {
        // It is tried again.
      }
    }
    this.deadLetters.push(event);
  }

  /** Runs the reconciler, and delivers what it hands over. */
  async reconcile(remainingMilliseconds: () => number = () => 900_000): Promise<Reconciled> {
    const { settings } = this.#parts;
    const { clients } = this.deployment.aws;
    const queue: unknown[] = [];
    const reconciled = await reconcile(
      {
        settings,
        listing: new PhotoListing(clients, settings),
        bookmark: new DynamoDbBookmark(clients.dynamodb, settings),
        repair: async (key) => void queue.push(reconciledEvent(settings.uploadBucket, key, new Date(this.#now))),
      },
      { now: () => this.#now, remainingMilliseconds },
    );
    for (const event of queue) await this.deliver(event);
    return reconciled;
  }

  /** Everything in the table. */
  async items(): Promise<Item[]> {
    const { clients, resources } = this.deployment.aws;
    const items: Item[] = [];
    for await (const { Items = [] } of paginateScan({ client: clients.dynamodb }, { TableName: resources.tableName })) items.push(...Items);
    return items;
  }

  /** Brings the table back to an earlier moment. */
  async restore(backup: readonly Item[]): Promise<void> {
    const name = this.deployment.settings.table.partitionKey;
    const keyOf = (item: Item): Item => ({ [name]: item[name] ?? { S: '' } });
    await this.#write((await this.items()).map((item) => ({ DeleteRequest: { Key: keyOf(item) } })));
    await this.#write(backup.map((Item) => ({ PutRequest: { Item } })));
    this.#messages.clear();
  }

  /** What became of every photo in the table, in the order of keys. */
  async outcomes(): Promise<Outcome[]> {
    const records = (await this.items()).filter((item) => item[this.deployment.settings.table.partitionKey]?.S !== BOOKMARK_KEY);
    return records
      .map((item) => ({ key: item.ObjectKey?.S ?? '', status: recordOf(item).status, messages: this.messagesOf(item.ObjectKey?.S ?? '') }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  messagesOf(key: string): number {
    return this.#messages.get(key) ?? 0;
  }

  /** Every key in the output bucket. */
  async renditions(): Promise<string[]> {
    const { clients, resources } = this.deployment.aws;
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: clients.s3 }, { Bucket: resources.outputBucket }))
      keys.push(...Contents.map(({ Key = '' }) => Key));
    return keys;
  }

  async #write(requests: readonly ({ DeleteRequest: { Key: Item } } | { PutRequest: { Item: Item } })[]): Promise<void> {
    const { clients, resources } = this.deployment.aws;
    for (let at = 0; at < requests.length; at += 25)
      await clients.dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [resources.tableName]: requests.slice(at, at + 25) } }));
  }

  #newRequest(): string {
    this.#requests += 1;
    return `request-${this.#requests}`;
  }

  #invoke(payload: unknown, owner = this.#newRequest()): Promise<unknown> {
    return handleEvent(payload, this.#parts, {
      owner,
      run: crypto.randomUUID(),
      now: () => this.#now,
      remainingMilliseconds: () => 60_000,
      timeoutMilliseconds: 60_000,
    });
  }
}
