import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DynamoDbLedger } from '../../lambda-src/adapters/dynamodb-ledger.ts';
import { S3FailedOriginals } from '../../lambda-src/adapters/s3-failed-originals.ts';
import { S3OriginalStore } from '../../lambda-src/adapters/s3-original-store.ts';
import { S3RenditionStore } from '../../lambda-src/adapters/s3-rendition-store.ts';
import { itIsALedger } from '../lambda-src/adapters/ledger-contract.ts';
import { itIsAnOriginalStore, itIsARenditionStore, itMarksFailedOriginals } from '../lambda-src/adapters/store-contracts.ts';
import { type EmulatedAws, startEmulatedAws } from './emulated-aws.ts';

let aws: EmulatedAws;
let made = 0;

beforeAll(async () => {
  aws = await startEmulatedAws('us-east-1');
  await makeBucket('uploads');
}, 60_000);

afterAll(() => aws.close());

async function makeBucket(Bucket: string): Promise<void> {
  const { s3 } = aws.clients;
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
}

async function makeTable(TableName: string): Promise<void> {
  await aws.clients.dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'ImageId', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'ImageId', KeyType: 'HASH' }],
    }),
  );
}

function newName(kind: string): string {
  made += 1;
  return `${kind}-${made}`;
}

describe('The ledger, in an emulated DynamoDB that honours conditions', () => {
  itIsALedger(async () => {
    const table = newName('ledger');
    await makeTable(table);
    return new DynamoDbLedger(aws.clients.dynamodb, table, 'ImageId');
  });
});

describe('The upload bucket, in an emulated S3 with versions', () => {
  itIsAnOriginalStore(async () => ({
    store: new S3OriginalStore(aws.clients.s3),
    upload: async (Key, Body, Metadata) => {
      const { ETag = '', VersionId } = await aws.clients.s3.send(new PutObjectCommand({ Bucket: 'uploads', Key, Body, Metadata }));
      return { etag: ETag.replaceAll('"', ''), versionId: VersionId };
    },
    delete: (Key) => aws.clients.s3.send(new DeleteObjectCommand({ Bucket: 'uploads', Key })),
  }));
});

describe('The output bucket, in an emulated S3 with versions and conditional writes', () => {
  itIsARenditionStore(
    async () => {
      const bucket = newName('renditions');
      await makeBucket(bucket);
      return new S3RenditionStore(aws.clients.s3, bucket);
    },
    { conditionalWrites: true, versions: true },
  );

  test('keeps the headers, storage class and tags of a rendition', async () => {
    const [Bucket, Key] = [newName('renditions'), 'photo/a b.jpg/320.webp'];
    await makeBucket(Bucket);
    const headers = {
      cacheControl: 'public, max-age=60',
      contentDisposition: 'inline; filename="a b.webp"',
      storageClass: 'STANDARD_IA',
    } as const;
    const tags = { team: 'web + mobile = 2', 'cost centre': '' };

    const stored = await new S3RenditionStore(aws.clients.s3, Bucket).put({
      ...{ key: Key, body: Buffer.from('cat'), contentType: 'image/webp', metadata: {}, replaces: undefined, tags, ...headers },
    });

    const head = await aws.clients.s3.send(new HeadObjectCommand({ Bucket, Key }));
    const { TagSet = [] } = await aws.clients.s3.send(new GetObjectTaggingCommand({ Bucket, Key }));
    expect(stored).toBe('stored');
    expect([head.CacheControl, head.ContentDisposition, head.StorageClass]).toEqual(Object.values(headers));
    expect(Object.fromEntries(TagSet.map((tag) => [tag.Key, tag.Value]))).toEqual(tags);
  });
});

describe('Failed originals, in an emulated S3 with versions', () => {
  itMarksFailedOriginals(
    async () => {
      const { s3 } = aws.clients;
      const bucket = newName('renditions');
      await makeBucket(bucket);
      return {
        marks: new S3FailedOriginals(s3, bucket),
        upload: async (Key, Body) => {
          const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: 'uploads', Key, Body }));
          return { versionId: VersionId };
        },
        tagsOf: async (Key, VersionId) => {
          const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand({ Bucket: 'uploads', Key, VersionId }));
          return Object.fromEntries(TagSet.map((tag) => [tag.Key, tag.Value]));
        },
        copyUnder: async (Key) => {
          const { Body, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
          return Body && { text: await Body.transformToString(), metadata: Metadata };
        },
      };
    },
    { versions: true },
  );
});
