import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { BOOKMARK_ATTRIBUTE, BOOKMARK_KEY } from '../contract/record.ts';
import type { Bookmark, Progress } from '../reconcile/reconcile.ts';

const count = z.number().check(z.int(), z.nonnegative());
const progressSchema = z.object({
  part: z.string(),
  after: z.string(),
  found: z.object({ missing: count, stuck: count, orphaned: count }),
});

/** Keeps the progress of a reconciliation in an item of the ledger's table. */
export class DynamoDbBookmark implements Bookmark {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #partitionKey: string;

  constructor(client: DynamoDBClient, { tableName, partitionKey }: { readonly tableName: string; readonly partitionKey: string }) {
    this.#client = client;
    this.#table = tableName;
    this.#partitionKey = partitionKey;
  }

  async read(): Promise<Progress | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: { [this.#partitionKey]: { S: BOOKMARK_KEY } }, ConsistentRead: true }),
    );
    return progressSchema.safeParse(JSON.parse(Item?.[BOOKMARK_ATTRIBUTE]?.S ?? 'null')).data;
  }

  async write(progress: Progress): Promise<void> {
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#table,
        Item: { [this.#partitionKey]: { S: BOOKMARK_KEY }, [BOOKMARK_ATTRIBUTE]: { S: JSON.stringify(progress) } },
      }),
    );
  }
}
