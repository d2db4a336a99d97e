import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { backfillMayClaim, sequencerForBackfill } from '../backfill.ts';
import { EXPIRY_ATTRIBUTE } from '../contract/record.ts';
import type { Claim, ClaimResult, CommitOptions, Effect, Ledger, LedgerRecord, RecordStatus, Sending, SettleResult } from '../ports.ts';
import {
  effectAttributes,
  FORGOTTEN,
  type Item,
  imageId,
  madeForAttribute,
  number,
  photoAttributes,
  recordOf,
  text,
  texts,
} from './ledger-item.ts';

interface ConditionalWrite {
  readonly bucket: string;
  readonly key: string;
  /** Attributes to set, or (undefined) to remove. */
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
  /** Attributes to set where they are missing. */
  readonly defaults?: Readonly<Record<string, AttributeValue | undefined>>;
  /** Condition over attribute names written as `#Name` and values written as `:name`. */
  readonly condition: string;
  readonly values: Readonly<Record<string, AttributeValue | undefined>>;
}

/** A response may be lost after the write took effect, so each condition still holds for the run that wrote. */
const STILL_OURS = '#Run = :run AND #Sequencer = :sequencer';

/** Retention of a record that only orders late events; longer than the 14 days that a dead-letter queue keeps an event. */
const ORDERING_DAYS = 30;

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
    return claim.event.job === undefined ? this.#claimEvent(claim) : this.#claimBackfill(claim);
  }

  /** Succeeds if there is no record, if the event is newer, or if the record is for this event and no other invocation holds the claim. */
  async #claimEvent(claim: Claim): Promise<ClaimResult> {
    const free = ['#LeaseExpiresAt <= :now', '#Owner = :owner'].map(
      (condition) => `#Sequencer = :sequencer AND #Status = :processing AND ${condition}`,
    );
    const condition = ['attribute_not_exists(#Sequencer)', '#Sequencer < :sequencer', ...free].join(' OR ');
    const { event, now, owner } = claim;
    const values = { ':sequencer': text(event.sequencer), ':processing': text('processing'), ':now': number(now), ':owner': text(owner) };
    return this.#tryClaim(claim, condition, values);
  }

  /** An event without a sequencer takes over that of the record, provided that the record has not changed since it was read. */
  async #claimBackfill(claim: Claim): Promise<ClaimResult> {
    const record = await this.read(claim.event.bucket, claim.event.key);
    if (record === undefined) return this.#tryClaim(claim, 'attribute_not_exists(#Sequencer)', {});
    if (!backfillMayClaim(claim, record)) return { status: 'refused', record };
    const { sequencer, status, run } = record;
    const sameRun = run === undefined ? 'attribute_not_exists(#Run)' : '#Run = :previousRun';
    return this.#tryClaim(
      { ...claim, event: { ...claim.event, sequencer: sequencerForBackfill(record) } },
      `#Sequencer = :sequencer AND #Status = :status AND ${sameRun}`,
      { ':sequencer': { S: sequencer }, ':status': text(status), ':previousRun': text(run) },
    );
  }

  async #tryClaim(claim: Claim, condition: string, values: ConditionalWrite['values']): Promise<ClaimResult> {
    const { event, owner, run, leaseExpiresAt } = claim;
    const attributes = {
      Status: text('processing'),
      Sequencer: { S: event.sequencer },
      Owner: text(owner),
      Run: text(run),
      LeaseExpiresAt: number(leaseExpiresAt),
      BackfillJob: text(event.job),
      [EXPIRY_ATTRIBUTE]: undefined,
    };
    // The first event of a key may be a deletion, which leaves no name in the table.
    const defaults = event.kind === 'removed' ? {} : photoAttributes(event.bucket, event.key, event.time);
    const { bucket, key } = event;
    const { done, record } = await this.#write({ bucket, key, attributes, defaults, condition, values });
    if (done) return { status: 'claimed', event, previous: record };
    return { status: 'refused', record: record ?? (await this.#blocking(bucket, key)) };
  }

  async commit(claim: Claim, effect: Effect, options: CommitOptions): Promise<SettleResult> {
    const { event, recipeHash, run } = claim;
    const attributes = {
      ...effectAttributes(effect, event),
      ...(options.manifest ? { ManifestOf: madeForAttribute(event) } : {}),
      ...photoAttributes(event.bucket, event.key, event.time),
      SettledStatus: text(effect.status),
      VersionId: text(event.versionId),
      ETag: text(event.etag),
      RecipeHash: text(recipeHash),
      ReportedVersions: texts(options.reported),
      CommittedBy: text(run),
      Announcement: text(options.announce ? 'pending' : undefined),
    };
    const result = await this.#settle(claim, attributes, '(attribute_not_exists(#CommittedBy) OR #CommittedBy <> :run)');
    const isRepeated = result.status === 'refused' && result.record.commit === run;
    return isRepeated ? { status: 'settled' } : result;
  }

  async forget(claim: Claim, status: 'processing' | 'gone'): Promise<SettleResult> {
    const rest = status === 'gone' ? endOfOrdering(claim) : { BackfillJob: text(claim.event.job) };
    return this.#settle(claim, { ...FORGOTTEN, Status: text(status), ...rest });
  }

  async release(claim: Claim, status: RecordStatus, { expires } = { expires: status === 'superseded' }): Promise<boolean> {
    const settled = status === 'processing' || status === 'superseded' ? {} : { SettledStatus: text(status) };
    const { done } = await this.#write({
      bucket: claim.event.bucket,
      key: claim.event.key,
      attributes: { Status: text(status), ...settled, ...(expires ? endOfOrdering(claim) : { LeaseExpiresAt: number(0) }) },
      // Only an open claim can be released; a commit with a lost response stays committed.
      condition: `${STILL_OURS} AND #Status IN (:processing, :status)`,
      values: { ...oursValues(claim), ':processing': text('processing'), ':status': text(status) },
    });
    return done;
  }

  async startSending({ bucket, key, commit, owner, run, now, expiresAt }: Sending): Promise<boolean> {
    const free = '#Announcement = :pending OR #AnnouncementExpiresAt <= :now OR #AnnouncementRun = :run';
    // Version 0.1 committed without these attributes.
    const old = 'attribute_not_exists(#CommittedBy) AND (attribute_not_exists(#Announcement) OR';
    const { done } = await this.#write({
      ...{ bucket, key },
      attributes: {
        Announcement: text('sending'),
        AnnouncementOwner: text(owner),
        AnnouncementRun: text(run),
        AnnouncementExpiresAt: number(expiresAt),
      },
      condition: commit === undefined ? `${old} ${free})` : `#CommittedBy = :commit AND attribute_exists(#Announcement) AND (${free})`,
      values: { ':commit': text(commit), ':pending': text('pending'), ':now': number(now), ':run': text(run) },
    });
    return done;
  }

  async finishSending({ bucket, key, commit, run }: Sending, sent: boolean): Promise<void> {
    await this.#write({
      ...{ bucket, key },
      attributes: {
        ...(sent && commit === undefined ? { CommittedBy: text(run) } : {}),
        Announcement: text(sent ? undefined : 'pending'),
        AnnouncementOwner: undefined,
        AnnouncementRun: undefined,
        AnnouncementExpiresAt: undefined,
      },
      condition: `#AnnouncementRun = :run${commit === undefined ? '' : ' AND #CommittedBy = :commit'}`,
      values: { ':run': text(run), ':commit': text(commit) },
    });
  }

  /** Replaces the effect, if the claim is still held and no message of the current effect is owed or being sent. */
  async #settle(claim: Claim, attributes: ConditionalWrite['attributes'], condition?: string): Promise<SettleResult> {
    const { bucket, key } = claim.event;
    const { done, record } = await this.#write({
      ...{ bucket, key, attributes },
      condition: [STILL_OURS, 'attribute_not_exists(#Announcement)', ...(condition === undefined ? [] : [condition])].join(' AND '),
      values: oursValues(claim),
    });
    return done ? { status: 'settled' } : { status: 'refused', record: record ?? (await this.#blocking(bucket, key)) };
  }

  /** Writes if the condition holds. Returns the record before the write, or the one that blocked it if DynamoDB returned it. */
  async #write({ bucket, key, attributes, defaults = {}, condition, values }: ConditionalWrite) {
    const defined = (all: ConditionalWrite['attributes']) => Object.entries(all).filter(([, value]) => value !== undefined);
    const sets = [
      ...defined(attributes).map(([name]) => `#${name} = :set${name}`),
      ...defined(defaults).map(([name]) => `#${name} = if_not_exists(#${name}, :set${name})`),
    ];
    const removes = Object.keys(attributes).flatMap((name) => (attributes[name] === undefined ? [`#${name}`] : []));
    const update = [sets.length > 0 ? `SET ${sets.join(', ')}` : '', removes.length > 0 ? `REMOVE ${removes.join(', ')}` : ''].join(' ');
    const names = `${update} ${condition}`.matchAll(/#\w+/g);
    try {
      const { Attributes } = await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: this.#keyOf(bucket, key),
          UpdateExpression: update,
          ConditionExpression: condition,
          ExpressionAttributeNames: Object.fromEntries([...names].map(([placeholder]) => [placeholder, placeholder.slice(1)])),
          ExpressionAttributeValues: Object.fromEntries([
            ...defined({ ...attributes, ...defaults }).map(([name, value]) => [`:set${name}`, value]),
            ...defined(values),
          ]),
          ReturnValues: 'ALL_OLD',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { done: true, record: Attributes === undefined ? undefined : recordOf(Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { done: false, record: error.Item === undefined ? undefined : recordOf(error.Item) };
    }
  }

  /** Reads the record that blocked a write, if DynamoDB did not return it. If it was deleted meanwhile, returns one that any run may claim. */
  async #blocking(bucket: string, key: string): Promise<LedgerRecord> {
    return (await this.read(bucket, key)) ?? recordOf({});
  }

  #keyOf(bucket: string, key: string): Item {
    return { [this.#partitionKey]: { S: imageId(bucket, key) } };
  }
}

function oursValues({ event, run }: Claim): ConditionalWrite['values'] {
  return { ':run': text(run), ':sequencer': { S: event.sequencer } };
}

function endOfOrdering({ now }: Claim): ConditionalWrite['attributes'] {
  return { LeaseExpiresAt: number(0), [EXPIRY_ATTRIBUTE]: number(Math.floor(now / 1000) + ORDERING_DAYS * 86_400) };
}
