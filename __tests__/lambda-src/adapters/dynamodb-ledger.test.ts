import type { Server } from 'node:http';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import dynalite from 'dynalite';
import { DynamoDbLedger } from '../../../lambda-src/adapters/dynamodb-ledger.ts';
import { imageId } from '../../../lambda-src/adapters/ledger-item.ts';
import { RECORD_ATTRIBUTES } from '../../../lambda-src/contract/environment.ts';
import { closeServer, listenOnLoopback } from '../../../local/aws/loopback.ts';
import { aClaim, FAILED, PROCESSED } from '../upload-event.ts';
import { itIsALedger } from './ledger-contract.ts';

let server: Server;
let client: DynamoDBClient;
let tables = 0;

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 });
  client = new DynamoDBClient({
    endpoint: await listenOnLoopback(server),
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});

afterAll(async () => {
  client.destroy();
  await closeServer(server);
});

async function aTable(): Promise<string> {
  tables += 1;
  const TableName = `ledger-${tables}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'ImageId', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'ImageId', KeyType: 'HASH' }],
    }),
  );
  // It is not there yet when the answer comes, on AWS and here.
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.05 }, { TableName });
  return TableName;
}

describe('The ledger in DynamoDB', () => {
  itIsALedger(async () => new DynamoDbLedger(client, await aTable(), 'ImageId'));

  async function itemAfter(act: (ledger: DynamoDbLedger) => Promise<unknown>) {
    const table = await aTable();
    await act(new DynamoDbLedger(client, table, 'ImageId'));
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { ImageId: { S: imageId('uploads', 'photo.jpg') } } }));
    return Item;
  }

  test('keeps the attributes that front ends and reports read', async () => {
    const item = await itemAfter(async (ledger) => {
      await ledger.claim(aClaim());
      await ledger.commit(aClaim(), PROCESSED, true);
    });

    expect(item).toMatchObject({
      BucketName: { S: 'uploads' },
      ObjectKey: { S: 'photo.jpg' },
      FileName: { S: 'photo.jpg' },
      FileSize: { N: '3' },
      ContentType: { S: 'image/jpeg' },
      UploadTimestamp: { N: String(Date.parse('2026-03-04T05:06:07.089Z')) },
      UploadDate: { S: '2026-03-04' },
      ProcessedAt: { S: '2026-03-04T05:06:08.000Z' },
      Status: { S: 'processed' },
      Width: { N: '40' },
      Height: { N: '30' },
      Format: { S: 'jpeg' },
      ThumbHash: { S: 'aGFzaA==' },
      ThumbnailPath: { S: 'thumbnails/photo.jpg' },
      VersionId: { S: 'v1' },
    });
  });

  test('writes no attribute that a partition key could be named after', async () => {
    const backfill = aClaim({ event: { kind: 'backfill', sequencer: '', job: 'job-1' } });
    const items = await Promise.all(
      [aClaim(), backfill].flatMap((claim) =>
        [PROCESSED, FAILED].map((effect) =>
          itemAfter(async (ledger) => {
            await ledger.claim(claim);
            await ledger.commit(claim, effect, false);
          }),
        ),
      ),
    );

    const written = new Set(items.flatMap((item) => Object.keys(item ?? {})).filter((name) => name !== 'ImageId'));
    expect([...written].toSorted()).toEqual([...RECORD_ATTRIBUTES].toSorted());
  });

  test('says of a failed version whose renditions remain', async () => {
    const newer = aClaim({ event: { versionId: 'v2', sequencer: 'F' } });
    const item = await itemAfter(async (ledger) => {
      await ledger.claim(aClaim());
      await ledger.commit(aClaim(), PROCESSED, true);
      await ledger.claim(newer);
      await ledger.commit(newer, FAILED, true);
    });

    expect(item).toMatchObject({
      Status: { S: 'failed' },
      FailureCode: { S: 'Corrupt' },
      VersionId: { S: 'v2' },
      RenditionsVersionId: { S: 'v1' },
    });
    expect(item?.Renditions?.L).toHaveLength(1);
    expect(item?.Width).toBeUndefined();
  });
});
