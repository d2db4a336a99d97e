import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';

/** An item of the table, as plain values. */
export type LedgerItem = Readonly<Record<string, unknown>>;

/** Finds the item of an object. It scans the table, because only the function knows how to derive the hash key. */
export async function findItem(
  dynamodb: DynamoDBClient,
  TableName: string,
  { bucket, key }: { bucket: string; key: string },
): Promise<LedgerItem | undefined> {
  const pages = paginateScan(
    { client: dynamodb },
    {
      TableName,
      ConsistentRead: true,
      FilterExpression: 'BucketName = :bucket AND ObjectKey = :key',
      ExpressionAttributeValues: { ':bucket': { S: bucket }, ':key': { S: key } },
    },
  );
  for await (const { Items: [item] = [] } of pages) {
    if (item !== undefined) return plainItem(item);
  }
  return undefined;
}

function plainItem(item: Record<string, AttributeValue>): LedgerItem {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));
}

function plain(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.L !== undefined) return value.L.map(plain);
  if (value.M !== undefined) return plainItem(value.M);
  return null;
}
