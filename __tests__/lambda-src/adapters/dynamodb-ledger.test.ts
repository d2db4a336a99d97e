import type { Server } from 'node:http';
import {
  type AttributeValue,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import dynalite from 'dynalite';
import { DynamoDbLedger } from '../../../lambda-src/adapters/dynamodb-ledger.ts';
import { imageId } from '../../../lambda-src/adapters/ledger-item.ts';
import { BOOKMARK_ATTRIBUTE, RECORD_ATTRIBUTES } from '../../../lambda-src/contract/record.ts';
import { padSequencer } from '../../../lambda-src/events/sequencer.ts';
import { closeServer, listenOnLoopback } from '../../../local/aws/loopback.ts';
import { aClaim, DESCRIBED, FAILED, PROCESSED } from '../upload-event.ts';
import { itIsALedger } from './ledger-contract.ts';

const ANNOUNCED = { announce: true, reported: ['v1'] };

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
  // CreateTable returns before the table is ready, on AWS and here.
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
      await ledger.commit(aClaim(), PROCESSED, ANNOUNCED);
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

  test('writes exactly the attributes whose names a partition key may not have', async () => {
    const backfill = aClaim({ event: { kind: 'backfill', sequencer: '', job: 'job-1' } });
    const committed = [aClaim(), backfill].flatMap((claim) =>
      [DESCRIBED, FAILED].map((effect) => async (ledger: DynamoDbLedger) => {
        await ledger.claim(claim);
        await ledger.commit(claim, effect, { ...ANNOUNCED, manifest: true });
        await ledger.startSending({
          bucket: 'uploads',
          key: 'photo.jpg',
          commit: claim.run,
          owner: 'request-1',
          run: 'r',
          now: 0,
          expiresAt: 1,
        });
      }),
    );
    const superseded = async (ledger: DynamoDbLedger) => {
      await ledger.claim(aClaim());
      await ledger.release(aClaim(), 'superseded');
    };
    const items = await Promise.all([...committed, superseded].map(itemAfter));

    // Version 0.1 wrote the first of these, the reconciler writes the second.
    const written = new Set(['NotifiedSequencer', BOOKMARK_ATTRIBUTE, ...items.flatMap((item) => Object.keys(item ?? {}))]);
    written.delete('ImageId');
    expect([...written].toSorted()).toEqual([...RECORD_ATTRIBUTES].toSorted());
  });

  test('removes everything that shows or names a deleted photo, and lets the record expire after 30 days', async () => {
    const item = await itemAfter(async (ledger) => {
      await ledger.claim(aClaim());
      await ledger.commit(aClaim(), DESCRIBED, { announce: false, reported: ['v1'], manifest: true });
      const deletion = aClaim({ event: { kind: 'removed', sequencer: 'F' } });
      await ledger.claim(deletion);
      await ledger.forget(deletion, 'gone');
    });

    expect(Object.keys(item ?? {}).toSorted()).toEqual(
      ['ExpiresAt', 'ImageId', 'LeaseExpiresAt', 'Owner', 'ReportedVersions', 'Run', 'Sequencer', 'Status'].toSorted(),
    );
    expect(item?.ExpiresAt).toEqual({ N: String(1 + 30 * 86_400) });
  });

  test('names a photo from its first upload event', async () => {
    expect(await itemAfter((ledger) => ledger.claim(aClaim()))).toMatchObject({
      ObjectKey: { S: 'photo.jpg' },
      FileName: { S: 'photo.jpg' },
      UploadDate: { S: '2026-03-04' },
    });
  });

  test.each<[status: 'processing' | 'superseded' | 'gone' | 'processed', left: Record<string, AttributeValue | undefined>]>([
    ['processing', { SettledStatus: undefined, LeaseExpiresAt: { N: '0' }, ExpiresAt: undefined }],
    ['superseded', { SettledStatus: undefined, LeaseExpiresAt: { N: '0' }, ExpiresAt: { N: String(1 + 30 * 86_400) } }],
    ['gone', { SettledStatus: { S: 'gone' }, LeaseExpiresAt: { N: '0' }, ExpiresAt: undefined }],
    ['processed', { SettledStatus: { S: 'processed' }, LeaseExpiresAt: { N: '0' }, ExpiresAt: undefined }],
  ])('lets a record expire that only orders late events: a claim released as %s', async (status, left) => {
    const item = await itemAfter(async (ledger) => {
      await ledger.claim(aClaim());
      await ledger.release(aClaim(), status);
    });

    expect({ SettledStatus: item?.SettledStatus, LeaseExpiresAt: item?.LeaseExpiresAt, ExpiresAt: item?.ExpiresAt }).toEqual(left);
  });

  test('keeps the lease of a claim that continues after the photo was forgotten', async () => {
    const item = await itemAfter(async (ledger) => {
      await ledger.claim(aClaim());
      await ledger.forget(aClaim(), 'processing');
    });

    expect(item).toMatchObject({ Status: { S: 'processing' }, LeaseExpiresAt: { N: '2000' } });
    expect(item).not.toHaveProperty('ExpiresAt');
    expect(item).not.toHaveProperty('ObjectKey');
  });

  test('writes no name if the first event of a key is a deletion', async () => {
    const item = await itemAfter((ledger) => ledger.claim(aClaim({ event: { kind: 'removed' } })));

    expect(item).not.toHaveProperty('ObjectKey');
    expect(item).not.toHaveProperty('FileName');
  });

  describe('with a record from version 0.1', () => {
    const OLD = {
      ...{ Status: { S: 'processed' }, Sequencer: { S: padSequencer('0055') }, VersionId: { S: 'v1' }, ETag: { S: 'e1' } },
      ...{ RecipeHash: { S: 'recipe-1' }, Owner: { S: 'request-1' }, LeaseExpiresAt: { N: '0' }, BucketName: { S: 'uploads' } },
      ...{ ObjectKey: { S: 'photo.jpg' }, FileName: { S: 'photo.jpg' }, UploadTimestamp: { N: '1772600767089' } },
      ...{ UploadDate: { S: '2026-03-04' }, ProcessedAt: { S: '2026-03-04T05:06:08.000Z' }, FileSize: { N: '3' } },
      ...{ ContentType: { S: 'image/jpeg' }, Width: { N: '40' }, Height: { N: '30' }, Format: { S: 'jpeg' } },
      ...{ Renditions: { L: [] }, RenditionsVersionId: { S: 'v1' } },
    };
    const aLedger = async (different: Record<string, AttributeValue>) => {
      const table = await aTable();
      const Item = { ImageId: { S: imageId('uploads', 'photo.jpg') }, ...OLD, ...different };
      await client.send(new PutItemCommand({ TableName: table, Item }));
      return new DynamoDbLedger(client, table, 'ImageId');
    };
    const NOTIFIED = { NotifiedSequencer: { S: padSequencer('0055') } };
    const read = (ledger: DynamoDbLedger) => ledger.read('uploads', 'photo.jpg');

    test('a settled record makes its event a duplicate and counts as reported', async () => {
      const ledger = await aLedger(NOTIFIED);

      expect(await ledger.claim(aClaim({ now: 9_999 }))).toMatchObject({
        status: 'refused',
        record: { status: 'processed', versionId: 'v1', effect: { status: 'processed' }, notified: true, reportedVersions: ['v1'] },
      });
    });

    test('a backfill renews one that was made with another recipe', async () => {
      const ledger = await aLedger(NOTIFIED);
      const backfill = aClaim({ recipeHash: 'recipe-2', event: { kind: 'backfill', sequencer: '', job: 'job-1' } });

      expect(await ledger.claim(backfill)).toMatchObject({ status: 'claimed', event: { sequencer: padSequencer('0055') } });
      expect(await ledger.claim({ ...backfill, run: 'other', owner: 'other' })).toMatchObject({ status: 'refused' });
    });

    test('a record that owes a message sends it once', async () => {
      const ledger = await aLedger({});
      const sending = {
        bucket: 'uploads',
        key: 'photo.jpg',
        commit: undefined,
        owner: 'request-1',
        run: 'r',
        now: 1_000,
        expiresAt: 1_030,
      };

      expect(await read(ledger)).toMatchObject({ notified: false, announcement: { state: 'pending' } });
      expect(await ledger.startSending(sending)).toBe(true);
      expect(await ledger.startSending({ ...sending, run: 'other' })).toBe(false);
      await ledger.finishSending(sending, true);
      expect(await read(ledger)).toMatchObject({ notified: true });
      expect(await ledger.startSending({ ...sending, run: 'other' })).toBe(false);
    });

    test('a newer event claims the record, finds its effect, and keeps it if the current version has not changed', async () => {
      const ledger = await aLedger(NOTIFIED);
      const deletion = aClaim({ event: { kind: 'removed', sequencer: padSequencer('0056') } });

      expect(await ledger.claim(deletion)).toMatchObject({
        previous: { effect: { status: 'processed' }, versionId: 'v1', notified: true },
      });
      expect(await ledger.release(deletion, 'processed')).toBe(true);
      expect(await read(ledger)).toMatchObject({ status: 'processed', effect: { status: 'processed' }, notified: true });
    });

    test.each(['processing', 'superseded', 'gone'])('a newer event can claim a record that is %s', async (status) => {
      const ledger = await aLedger({ ...NOTIFIED, Status: { S: status }, LeaseExpiresAt: { N: '9999' } });

      const answer = await ledger.claim(aClaim({ event: { sequencer: padSequencer('0056'), versionId: 'v2' } }));

      expect(answer).toMatchObject({ status: 'claimed', previous: { status } });
      expect(answer.status === 'claimed' && answer.previous?.effect).toBeUndefined();
    });
  });

  test('records, after a failure, which version the remaining renditions belong to', async () => {
    const newer = aClaim({ run: 'run-2', event: { versionId: 'v2', sequencer: 'F' } });
    const item = await itemAfter(async (ledger) => {
      await ledger.claim(aClaim());
      await ledger.commit(aClaim(), PROCESSED, { announce: false, reported: ['v1'] });
      await ledger.claim(newer);
      await ledger.commit(newer, FAILED, ANNOUNCED);
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
