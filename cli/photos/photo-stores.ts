import { setTimeout as delay } from 'node:timers/promises';
import { BatchGetItemCommand, type BatchGetItemCommandOutput, DynamoDBClient, type KeysAndAttributes } from '@aws-sdk/client-dynamodb';
import { type ListObjectsV2CommandOutput, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { type Item, imageId } from '../../lambda-src/adapters/ledger-item.ts';
import { unquoted } from '../../lambda-src/adapters/s3-answers.ts';
import { S3OriginalStore } from '../../lambda-src/adapters/s3-original-store.ts';
import { S3RenditionStore } from '../../lambda-src/adapters/s3-rendition-store.ts';
import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { decodeKey } from '../../lambda-src/contract/object-key.ts';
import { reasonToIgnore } from '../../lambda-src/events/s3-event.ts';
import type { ObjectHead, RenditionHead } from '../../lambda-src/ports.ts';
import { OperatorError } from '../pipeline/command-line.ts';

/** An original in a listing, which has no versions. */
export interface ListedUpload extends Omit<ObjectHead, 'versionId'> {
  readonly key: string;
}

/** One page of the upload bucket. */
export interface UploadPage {
  readonly uploads: readonly ListedUpload[];
  /** Number of objects that do not match the trigger. */
  readonly ignored: number;
  /** Lower-case extensions of those that only the trigger's suffixes exclude; `''` for a key without an extension. */
  readonly excludedExtensions: readonly string[];
}

/** The part of the upload bucket to list. */
export interface Walk {
  /** Only keys with this prefix. Default: the prefix of the trigger. */
  readonly prefix?: string | undefined;
  /** Only keys after this one, in S3's order. Default: from the first. */
  readonly startAfter?: string | undefined;
  /** Objects per page, at most 1,000. Default: 1,000. */
  readonly pageSize?: number | undefined;
}

/** Maximum keys in one request (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html). */
const MAX_BATCH = 100;

/** Maximum reads of one chunk. The waits between them double and add up to about ten seconds. */
const MAX_READS = 8;

/** Reads the uploads, renditions and records of a deployed function. */
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

  /** Lists the upload bucket page by page. */
  async *uploads({ prefix, startAfter, pageSize = 1000 }: Walk): AsyncGenerator<UploadPage> {
    const pages = paginateListObjectsV2(
      { client: this.#s3, pageSize },
      // Without the encoding, a control character in a key makes S3's answer invalid XML.
      { Bucket: this.settings.uploadBucket, Prefix: this.#narrower(prefix), StartAfter: startAfter, EncodingType: 'url' },
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
    // Anything else, such as one of the pipeline's renditions, is excluded for another reason.
    const isUpload = reasonToIgnore('created', uploadBucket, key, withoutSuffixes) === undefined;
    return isUpload && this.reasonToIgnore(key) !== undefined;
  }

  /** Returns why the function ignores this key; undefined if it does not. */
  reasonToIgnore(key: string): string | undefined {
    return reasonToIgnore('created', this.settings.uploadBucket, key, this.settings);
  }

  /** Reads the head of the original with this key. */
  async original(key: string): Promise<ObjectHead | undefined> {
    return this.#originals.head(this.settings.uploadBucket, key);
  }

  /** Reads the head of the rendition with this output key. */
  async rendition(key: string): Promise<RenditionHead | undefined> {
    return this.#renditions.head(key);
  }

  /** Reads the records of these keys; keys without a record are missing in the result. */
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
    let request: KeysAndAttributes | undefined = { Keys: ids.map((id) => ({ [partitionKey]: { S: id } })), ConsistentRead: true };
    for (let read = 1; request !== undefined; read += 1) {
      if (read > MAX_READS) throw new OperatorError(`DynamoDB throttles reads of the table "${tableName}". Try again in a few minutes.`);
      if (read > 1) await delay(2 ** read * 40);
      const answer: BatchGetItemCommandOutput = await this.#dynamodb.send(
        new BatchGetItemCommand({ RequestItems: { [tableName]: request } }),
      );
      items.push(...(answer.Responses?.[tableName] ?? []));
      request = answer.UnprocessedKeys?.[tableName];
    }
    return items;
  }

  /** Returns the narrower of the two prefixes: keys outside either are skipped. */
  #narrower(prefix = ''): string {
    const { triggerPrefix } = this.settings;
    if (prefix.startsWith(triggerPrefix)) return prefix;
    if (triggerPrefix.startsWith(prefix)) return triggerPrefix;
    throw new OperatorError(
      `--prefix ${JSON.stringify(prefix)} holds no uploads: the trigger takes keys that begin with "${triggerPrefix}".`,
    );
  }
}

/** Returns the lower-case extension of a key, with its dot; empty if the key has none. */
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
