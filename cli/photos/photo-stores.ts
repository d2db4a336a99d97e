import { setTimeout as delay } from 'node:timers/promises';
import { BatchGetItemCommand, type BatchGetItemCommandOutput, DynamoDBClient, type KeysAndAttributes } from '@aws-sdk/client-dynamodb';
import { type ListObjectsV2CommandOutput, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { type Item, imageId } from '../../lambda-src/adapters/ledger-item.ts';
import { unquoted } from '../../lambda-src/adapters/s3-answers.ts';
import { S3OriginalStore } from '../../lambda-src/adapters/s3-original-store.ts';
import { S3RenditionStore } from '../../lambda-src/adapters/s3-rendition-store.ts';
import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { decodeKey } from '../../lambda-src/events/object-key.ts';
import { reasonToIgnore } from '../../lambda-src/events/s3-event.ts';
import type { ObjectHead, RenditionHead } from '../../lambda-src/ports.ts';
import { OperatorError } from '../pipeline/operator-error.ts';

/** An original as a listing shows it: without its version. */
export interface ListedUpload extends Omit<ObjectHead, 'versionId'> {
  readonly key: string;
}

/** One page of the upload bucket. */
export interface UploadPage {
  readonly uploads: readonly ListedUpload[];
  /** Objects that the trigger does not ask for. */
  readonly ignored: number;
  /** Those of them that only their extension excludes, by extension in lower case; `''` for none. */
  readonly excludedExtensions: readonly string[];
}

/** Which part of the upload bucket is walked. */
export interface Walk {
  /** Only keys that begin so. Default: all that the trigger asks for. */
  readonly prefix?: string | undefined;
  /** Only keys after this one, in the order of S3. Default: from the first. */
  readonly startAfter?: string | undefined;
  /** Objects a page, at most 1,000. Default 1,000. */
  readonly pageSize?: number | undefined;
}

/** DynamoDB takes this many keys in one request (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html). */
const MAX_BATCH = 100;

/** Reads of one chunk at the most, with longer and longer waits between them: about ten seconds. */
const MAX_READS = 8;

/** What a deployed function works on, seen from outside: uploads, renditions and records. It only reads. */
export class PhotoStores {
  readonly settings: HandlerSettings;
  readonly #s3 = new S3Client({});
  readonly #dynamodb = new DynamoDBClient({});
  readonly #originals = new S3OriginalStore(this.#s3);
  readonly #renditions: S3RenditionStore;

  constructor(settings: HandlerSettings) {
    this.settings = settings;
    this.#renditions = new S3RenditionStore(this.#s3, settings.outputBucket ?? '');
  }

  /** Walks the upload bucket page by page. */
  async *uploads({ prefix, startAfter, pageSize = 1000 }: Walk): AsyncGenerator<UploadPage> {
    const pages = paginateListObjectsV2(
      { client: this.#s3, pageSize },
      // Without the encoding, S3 would answer control characters in keys with XML that nobody can read.
      { Bucket: this.settings.uploadBucket, Prefix: this.#listed(prefix), StartAfter: startAfter, EncodingType: 'url' },
    );
    for await (const page of pages) {
      const listed = uploadsOf(page);
      const uploads = listed.filter(({ key }) => this.reasonToIgnore(key) === undefined);
      const excluded = listed.filter(({ key }) => this.#isExcludedBySuffix(key));
      yield { uploads, ignored: listed.length - uploads.length, excludedExtensions: excluded.map(({ key }) => extensionOf(key)) };
    }
  }

  #isExcludedBySuffix(key: string): boolean {
    const withoutSuffixes = { ...this.settings, triggerSuffixes: [] };
    const { uploadBucket } = this.settings;
    // Otherwise it is, for instance, one of our own renditions, which nobody misses.
    const isUpload = reasonToIgnore('created', uploadBucket, key, withoutSuffixes) === undefined;
    return isUpload && this.reasonToIgnore(key) !== undefined;
  }

  /** Why the function would not process this key; undefined when it would. */
  reasonToIgnore(key: string): string | undefined {
    return reasonToIgnore('created', this.settings.uploadBucket, key, this.settings);
  }

  /** The original that stands under a key. */
  async original(key: string): Promise<ObjectHead | undefined> {
    return this.#originals.head(this.settings.uploadBucket, key);
  }

  /** The rendition that stands under a key of its own. */
  async rendition(key: string): Promise<RenditionHead | undefined> {
    return this.#renditions.head(key);
  }

  /** The ledger's items of these keys; keys without one are missing in the answer. */
  async items(keys: readonly string[]): Promise<Map<string, Item>> {
    const keyOfId = new Map(keys.map((key) => [imageId(this.settings.uploadBucket, key), key]));
    const ids = [...keyOfId.keys()];
    const chunks = Array.from({ length: Math.ceil(ids.length / MAX_BATCH) }, (_, n) => ids.slice(n * MAX_BATCH, (n + 1) * MAX_BATCH));
    const items = (await Promise.all(chunks.map((chunk) => this.#readChunk(chunk)))).flat();
    return new Map(items.map((item) => [keyOfId.get(item[this.settings.partitionKey]?.S ?? '') ?? '', item]));
  }

  async #readChunk(ids: readonly string[]): Promise<Item[]> {
    const { tableName, partitionKey } = this.settings;
    const items: Item[] = [];
    let wanted: KeysAndAttributes | undefined = { Keys: ids.map((id) => ({ [partitionKey]: { S: id } })), ConsistentRead: true };
    for (let read = 1; wanted !== undefined; read += 1) {
      if (read > MAX_READS) throw new OperatorError(`DynamoDB turns reads of the table "${tableName}" away. Try again in a few minutes.`);
      if (read > 1) await delay(2 ** read * 40);
      const answer: BatchGetItemCommandOutput = await this.#dynamodb.send(
        new BatchGetItemCommand({ RequestItems: { [tableName]: wanted } }),
      );
      items.push(...(answer.Responses?.[tableName] ?? []));
      wanted = answer.UnprocessedKeys?.[tableName];
    }
    return items;
  }

  /** The narrower of the two prefixes; what only one of them covers is none of ours. */
  #listed(prefix = ''): string {
    const { triggerPrefix } = this.settings;
    if (prefix.startsWith(triggerPrefix)) return prefix;
    if (triggerPrefix.startsWith(prefix)) return triggerPrefix;
    throw new OperatorError(
      `--prefix ${JSON.stringify(prefix)} holds no uploads: the trigger takes keys that begin with "${triggerPrefix}".`,
    );
  }
}

/** The extension of a key in lower case, with its dot; empty where there is none that looks like one. */
function extensionOf(key: string): string {
  return /\.[a-z0-9]{1,8}$/.exec(key.toLowerCase())?.[0] ?? '';
}

function uploadsOf({ Contents = [], EncodingType }: ListObjectsV2CommandOutput): ListedUpload[] {
  const decoded = (key: string): string => (EncodingType === 'url' ? (decodeKey(key) ?? key) : key);
  return Contents.map(({ Key = '', ETag, Size = 0, LastModified = new Date(0) }) => ({
    key: decoded(Key),
    etag: unquoted(ETag),
    size: Size,
    lastModified: LastModified,
  }));
}
