import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Claim, ClaimResult, Effect, Ledger, LedgerRecord } from '../ports.ts';
import { effectAttributes, type Item, imageId, recordOf } from './ledger-item.ts';

interface ConditionalWrite {
  readonly bucket: string;
  readonly key: string;
  /** Attributes to set, or (undefined) to remove. */
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
  /** Condition over attribute names written as `#Name` and values written as `:name`. */
  readonly condition: string;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** Every answer may be lost after the write took place, so each condition still holds for whoever wrote it. */
const STILL_OURS = '#Owner = :owner AND #Sequencer = :sequencer';

/** The ledger in DynamoDB: one item per object, only conditional writes and consistent reads. */
export class DynamoDbLedger implements Ledger {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #partitionKey: string;

  constructor(client: DynamoDBClient, table: string, partitionKey: string) {
    this.#client = client;
    this.#table = table;
    this.#partitionKey = partitionKey;
  }

  async read(bucket: string, key: string): Promise<LedgerRecord | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: this.#keyOf(bucket, key), ConsistentRead: true }),
    );
    return Item === undefined ? undefined : recordOf(Item);
  }

  async claim(claim: Claim): Promise<ClaimResult> {
    return claim.event.kind === 'backfill' ? this.#claimBackfill(claim) : this.#claimEvent(claim);
  }

  /** Succeeds where there is no record, where ours is newer, and where this event is unfinished and free. */
  async #claimEvent(claim: Claim): Promise<ClaimResult> {
    const cases = [
      'attribute_not_exists(#Sequencer)',
      '#Sequencer < :sequencer',
      ...FREE.map((free) => `#Sequencer = :sequencer AND ${free}`),
    ];
    return this.#tryClaim(claim, cases.join(' OR '), { ':sequencer': { S: claim.event.sequencer }, ...freeValues(claim) });
  }

  /** A backfill has no sequencer: it fills a gap, or renews the record of the same version or of a deleted one, and never wins against another. */
  async #claimBackfill(claim: Claim): Promise<ClaimResult> {
    const { bucket, key, versionId, etag, job } = claim.event;
    const record = await this.read(bucket, key);
    if (record === undefined) return this.#tryClaim(claim, 'attribute_not_exists(#Sequencer)', {});
    const sameVersion = record.versionId === versionId && record.etag === etag;
    if (!sameVersion && record.status !== 'gone') return { status: 'refused', record };
    const adopted = { ...claim, event: { ...claim.event, sequencer: record.sequencer } };
    return this.#tryClaim(
      adopted,
      `#Sequencer = :sequencer AND (${FREE.join(' OR ')} OR ((#NotifiedSequencer = :sequencer OR #LeaseExpiresAt <= :now) AND ` +
        '(#Status IN (:superseded, :gone) OR (#Status = :processed AND #RecipeHash <> :recipeHash) OR ' +
        '(#Status = :failed AND (attribute_not_exists(#BackfillJob) OR #BackfillJob <> :job)))))',
      {
        ':sequencer': { S: record.sequencer },
        ...freeValues(claim),
        ':superseded': { S: 'superseded' },
        ':gone': { S: 'gone' },
        ':processed': { S: 'processed' },
        ':failed': { S: 'failed' },
        ':recipeHash': { S: claim.recipeHash },
        ':job': { S: job ?? '' },
      },
    );
  }

  async #tryClaim(claim: Claim, condition: string, values: Record<string, AttributeValue>): Promise<ClaimResult> {
    const { event, owner, leaseExpiresAt, recipeHash } = claim;
    const attributes = {
      Status: { S: 'processing' },
      Sequencer: { S: event.sequencer },
      VersionId: optional(event.versionId),
      ETag: optional(event.etag),
      RecipeHash: { S: recipeHash },
      Owner: { S: owner },
      LeaseExpiresAt: { N: String(leaseExpiresAt) },
      BackfillJob: optional(event.job),
      BucketName: { S: event.bucket },
      ObjectKey: { S: event.key },
      FileName: { S: event.key.split('/').at(-1) || event.key },
      UploadTimestamp: { N: String(event.time.getTime()) },
      UploadDate: { S: event.time.toISOString().slice(0, 10) },
    };
    const { done, record } = await this.#write({ bucket: event.bucket, key: event.key, attributes, condition, values });
    return done ? { status: 'claimed', event, notified: record.notified } : { status: 'refused', record };
  }

  async takeOver(claim: Claim): Promise<boolean> {
    return this.#holds(claim, {
      attributes: { Owner: { S: claim.owner }, LeaseExpiresAt: { N: String(claim.leaseExpiresAt) } },
      condition:
        '#Sequencer = :sequencer AND (attribute_not_exists(#NotifiedSequencer) OR #NotifiedSequencer <> :sequencer) AND ' +
        '(#LeaseExpiresAt <= :now OR #Owner = :owner)',
      values: { ':now': { N: String(claim.now) } },
    });
  }

  async commit(claim: Claim, effect: Effect, announce: boolean): Promise<boolean> {
    return this.#holds(claim, {
      attributes: { ...effectAttributes(effect, claim.event.versionId), ...(announce ? {} : announced(claim)) },
      condition: STILL_OURS,
      values: {},
    });
  }

  async release(claim: Claim, status: 'superseded' | 'gone' | 'processing'): Promise<boolean> {
    return this.#holds(claim, {
      attributes: { Status: { S: status }, LeaseExpiresAt: { N: '0' } },
      // Only a claim can be given up: a commit whose answer was lost stays committed.
      condition: `${STILL_OURS} AND #Status IN (:processing, :status)`,
      values: { ':processing': { S: 'processing' }, ':status': { S: status } },
    });
  }

  async markNotified(claim: Claim): Promise<boolean> {
    return this.#holds(claim, { attributes: { ...announced(claim), LeaseExpiresAt: { N: '0' } }, condition: STILL_OURS, values: {} });
  }

  /** A write under a claim; false when the claim no longer stands. */
  async #holds({ event, owner }: Claim, write: Omit<ConditionalWrite, 'bucket' | 'key'>): Promise<boolean> {
    const values = {
      ...(write.condition.includes(':owner') ? { ':owner': { S: owner } } : {}),
      ':sequencer': { S: event.sequencer },
      ...write.values,
    };
    return (await this.#write({ ...write, bucket: event.bucket, key: event.key, values })).done;
  }

  /** Writes if the condition holds; the record is the one that then stands, or the one that stands against it. */
  async #write({ bucket, key, attributes, condition, values }: ConditionalWrite): Promise<{ done: boolean; record: LedgerRecord }> {
    const sets = Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
    const removes = Object.keys(attributes).filter((name) => attributes[name] === undefined);
    const update = `SET ${sets.map(([name]) => `#${name} = :set${name}`).join(', ')}${removes.length > 0 ? ` REMOVE ${removes.map((name) => `#${name}`).join(', ')}` : ''}`;
    const names = `${update} ${condition}`.match(/#\w+/g) ?? [];
    try {
      const { Attributes = {} } = await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: this.#keyOf(bucket, key),
          UpdateExpression: update,
          ConditionExpression: condition,
          ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])),
          ExpressionAttributeValues: { ...values, ...Object.fromEntries(sets.map(([name, value]) => [`:set${name}`, value])) },
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { done: true, record: recordOf(Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { done: false, record: error.Item === undefined ? await this.#standing(bucket, key) : recordOf(error.Item) };
    }
  }

  /** The refusing record where the answer did not carry it; deleted meanwhile, it counts as one that anybody may claim. */
  async #standing(bucket: string, key: string): Promise<LedgerRecord> {
    const record = await this.read(bucket, key);
    return record ?? { status: 'processing', sequencer: '', owner: '', leaseExpiresAt: 0, notified: true, byBackfill: false };
  }

  #keyOf(bucket: string, key: string): Item {
    return { [this.#partitionKey]: { S: imageId(bucket, key) } };
  }
}

/** A claim of the same event that nobody works on any more, or that is our own from before a retry. */
const FREE = ['#Status = :processing AND #LeaseExpiresAt <= :now', '#Status = :processing AND #Owner = :owner'];

function freeValues({ owner, now }: Claim): Record<string, AttributeValue> {
  return { ':processing': { S: 'processing' }, ':now': { N: String(now) }, ':owner': { S: owner } };
}

function announced({ event }: Claim): Item {
  return { NotifiedSequencer: { S: event.sequencer } };
}

function optional(value: string | undefined): AttributeValue | undefined {
  return value === undefined ? undefined : { S: value };
}
