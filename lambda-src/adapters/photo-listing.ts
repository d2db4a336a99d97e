import { setTimeout as delay } from 'node:timers/promises';
import { BatchGetItemCommand, type BatchGetItemCommandOutput, type KeysAndAttributes } from '@aws-sdk/client-dynamodb';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { HandlerSettings } from '../contract/environment.ts';
import { decodeKey } from '../contract/object-key.ts';
import type { ObjectHead } from '../ports.ts';
import type { AwsClients } from './aws-clients.ts';
import { type Item, imageId } from './ledger-item.ts';
import { unquoted } from './s3-answers.ts';

/** An object in a listing, which has no versions. */
export interface ListedObject extends Omit<ObjectHead, 'versionId'> {
  readonly key: string;
}

/** The part of a bucket to list. */
export interface Walk {
  readonly bucket: string;
  /** Only keys with this prefix. */
  readonly prefix: string;
  /** Only keys after this one, in S3's order. Default: from the first. */
  readonly startAfter?: string | undefined;
  /** Objects per page, at most 1,000. Default: 1,000. */
  readonly pageSize?: number | undefined;
}

/** Maximum keys in one request (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html). */
const MAX_BATCH = 100;

/** Maximum reads of one chunk. The waits between them double and add up to about ten seconds. */
const MAX_READS = 8;

/** DynamoDB kept returning keys unread. */
export class ThrottledReadsError extends Error {
  readonly code = 'THROTTLED_READS';
  override readonly name = 'ThrottledReadsError';
}

/** Lists buckets and reads the records of many keys, a page at a time, so that memory does not grow with the bucket. */
export class PhotoListing {
  readonly #clients: AwsClients;
  readonly #settings: Pick<HandlerSettings, 'uploadBucket' | 'tableName' | 'partitionKey'>;

  constructor(clients: AwsClients, settings: Pick<HandlerSettings, 'uploadBucket' | 'tableName' | 'partitionKey'>) {
    this.#clients = clients;
    this.#settings = settings;
  }

  /** Lists a bucket page by page, in S3's order: that of the keys' UTF-8 bytes. No page is empty. */
  async *objects({ bucket, prefix, startAfter, pageSize = 1000 }: Walk): AsyncGenerator<ListedObject[]> {
    const pages = paginateListObjectsV2(
      { client: this.#clients.s3, pageSize },
      // Without the encoding, a control character in a key makes S3's answer invalid XML.
      { Bucket: bucket, Prefix: prefix, StartAfter: startAfter === '' ? undefined : startAfter, EncodingType: 'url' },
    );
    for await (const { Contents = [], EncodingType } of pages) {
      const decoded = (key: string): string => (EncodingType === 'url' ? (decodeKey(key) ?? key) : key);
      if (Contents.length === 0) continue;
      yield Contents.map(({ Key = '', ETag, Size = 0, LastModified = new Date(0) }) => ({
        key: decoded(Key),
        etag: unquoted(ETag),
        size: Size,
        lastModified: LastModified,
      }));
    }
  }

  /**
   * Reads the records of these keys; keys without a record are missing in the result.
   * @throws {ThrottledReadsError} if DynamoDB has not returned all of them after ten seconds
   */
  async items(keys: readonly string[]): Promise<Map<string, Item>> {
    const keyOfId = new Map(keys.map((key) => [imageId(this.#settings.uploadBucket, key), key]));
    const ids = [...keyOfId.keys()];
    const chunks = Array.from({ length: Math.ceil(ids.length / MAX_BATCH) }, (_, n) => ids.slice(n * MAX_BATCH, (n + 1) * MAX_BATCH));
    const items = (await Promise.all(chunks.map((chunk) => this.#readChunk(chunk)))).flat();
    return new Map(items.map((item) => [keyOfId.get(item[this.#settings.partitionKey]?.S ?? '') ?? '', item]));
  }

  async #readChunk(ids: readonly string[]): Promise<Item[]> {
    const { tableName, partitionKey } = this.#settings;
    const items: Item[] = [];
    let request: KeysAndAttributes | undefined = { Keys: ids.map((id) => ({ [partitionKey]: { S: id } })), ConsistentRead: true };
    for (let read = 1; request !== undefined; read += 1) {
      if (read > MAX_READS) throw new ThrottledReadsError(`DynamoDB throttles reads of the table "${tableName}".`);
      if (read > 1) await delay(2 ** read * 40);
      const answer: BatchGetItemCommandOutput = await this.#clients.dynamodb.send(
        new BatchGetItemCommand({ RequestItems: { [tableName]: request } }),
      );
      items.push(...(answer.Responses?.[tableName] ?? []));
      request = answer.UnprocessedKeys?.[tableName];
    }
    return items;
  }
}
