import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { S3OriginalStore } from '../../../lambda-src/adapters/s3-original-store.ts';
import { S3RenditionStore } from '../../../lambda-src/adapters/s3-rendition-store.ts';
import { itIsAnOriginalStore, itIsARenditionStore } from './store-contracts.ts';

let server: FauxqsServer;
let s3: S3Client;
let buckets = 0;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  s3 = new S3Client({
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
  });
  await s3.send(new CreateBucketCommand({ Bucket: 'uploads' }));
});

afterAll(async () => {
  s3.destroy();
  await server.stop();
});

describe('The upload bucket in S3', () => {
  itIsAnOriginalStore(async () => ({
    store: new S3OriginalStore(s3),
    upload: async (Key, Body, Metadata) => {
      const { ETag = '', VersionId } = await s3.send(new PutObjectCommand({ Bucket: 'uploads', Key, Body, Metadata }));
      return { etag: ETag.replaceAll('"', ''), versionId: VersionId };
    },
    delete: (Key) => s3.send(new DeleteObjectCommand({ Bucket: 'uploads', Key })),
  }));
});

describe('The output bucket in S3, on an emulator without conditional writes or versions', () => {
  itIsARenditionStore(
    async () => {
      buckets += 1;
      await s3.send(new CreateBucketCommand({ Bucket: `renditions-${buckets}` }));
      return new S3RenditionStore(s3, `renditions-${buckets}`);
    },
    { conditionalWrites: false, versions: false },
  );
});
