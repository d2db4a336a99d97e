import type { IncomingMessage } from 'node:http';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { S3OriginalStore } from '../../lambda-src/adapters/s3-original-store.ts';
import type { FailureCode } from '../../lambda-src/contract/outcome.ts';
import { UnfinishedEventError } from '../../lambda-src/handle-event.ts';
import { MemoryPipeline, statuses } from '../in-memory/pipeline.ts';
import { type Fault, FaultyProxy, s3Error } from './faulty-proxy.ts';

const isGet = ({ method, url }: IncomingMessage) => method === 'GET' && !url?.includes('list-type');
const isHead = ({ method }: IncomingMessage) => method === 'HEAD';
const isList = ({ method, url }: IncomingMessage) => method === 'GET' && url?.includes('list-type') === true;

const SSE_C =
  'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.';
const KMS_DENIED =
  'User: arn:aws:sts::111122223333:assumed-role/images/images is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action';
const S3_DENIED =
  'User: arn:aws:sts::111122223333:assumed-role/images/images is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::uploads/a.jpg" with an explicit deny in a resource-based policy';

let fauxqs: FauxqsServer;
let proxy: FaultyProxy;
let s3: S3Client;
let number = 0;

beforeAll(async () => {
  fauxqs = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  proxy = await FaultyProxy.before(`http://127.0.0.1:${fauxqs.port}`);
  s3 = new S3Client({
    endpoint: proxy.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  await s3.send(new CreateBucketCommand({ Bucket: 'uploads' }));
});

afterAll(async () => {
  s3.destroy();
  await proxy.close();
  await fauxqs.stop();
});

afterEach(() => proxy.heal());

async function put(key: string, Body = 'a cat on a mat'): Promise<string> {
  const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: 'uploads', Key: key, Body }));
  return ETag.replaceAll('"', '');
}

/** Makes the handler with the real store of originals, and uploads a photo. */
async function aPhoto() {
  number += 1;
  const key = `photo-${number}.jpg`;
  const pipeline = new MemoryPipeline({}, (ports) => ({ ...ports, originals: new S3OriginalStore(s3) }));
  await put(key);
  return { pipeline, event: pipeline.upload(key, 'a cat on a mat') };
}

describe('Fault 6: an original that S3 never hands out fails once, by name', () => {
  test.each<[string, Fault, FailureCode, RegExp]>([
    [
      'is archived in Glacier Flexible Retrieval',
      s3Error(
        403,
        'InvalidObjectState',
        "The operation is not valid for the object's storage class",
        '<StorageClass>GLACIER</StorageClass>',
      ),
      'Archived',
      /^S3 keeps the object in GLACIER$/,
    ],
    [
      'is archived by Intelligent-Tiering',
      s3Error(
        403,
        'InvalidObjectState',
        "The operation is not valid for the object's access tier",
        '<StorageClass>INTELLIGENT_TIERING</StorageClass><AccessTier>DEEP_ARCHIVE_ACCESS</AccessTier>',
      ),
      'Archived',
      /^S3 keeps the object in INTELLIGENT_TIERING, DEEP_ARCHIVE_ACCESS$/,
    ],
    ['is archived in an unnamed storage class', s3Error(403, 'InvalidObjectState'), 'Archived', /in an archive storage class$/],
    ['has a customer-provided key', s3Error(400, 'InvalidRequest', SSE_C), 'CustomerKey', /SSE-C/],
    ['has a KMS key that denies access', s3Error(403, 'AccessDenied', KMS_DENIED), 'KeyAccessDenied', /kms:Decrypt/],
    ['has a KMS key that is disabled', s3Error(400, 'KMS.DisabledException', 'arn is disabled.'), 'KeyUnusable', /is disabled/],
    [
      'has a KMS key that is being deleted',
      s3Error(400, 'KMS.KMSInvalidStateException', 'arn is pending deletion.'),
      'KeyUnusable',
      /pending deletion/,
    ],
    ['has a KMS key that was deleted', s3Error(400, 'KMS.NotFoundException', "Key 'arn' does not exist"), 'KeyUnusable', /does not exist/],
  ])('that %s', async (_, answer, failureCode, detail) => {
    const { pipeline, event } = await aPhoto();
    proxy.breakNext(isGet, answer, 2);

    expect(await pipeline.invoke([event])).toMatchObject([{ status: 'failed', failureCode, detail: expect.stringMatching(detail) }]);
    expect(statuses(await pipeline.invoke([event]))).toEqual(['duplicate']);
    expect(pipeline.renders).toBe(0);
  });

  test.each<[string, Fault]>([
    ['unknown', s3Error(403, 'AccessDenied', 'Access Denied')],
    ['a bucket policy', s3Error(403, 'AccessDenied', S3_DENIED)],
    ['a malformed request', s3Error(400, 'InvalidRequest', 'Missing required header for this request')],
    ['an expired token', s3Error(400, 'ExpiredToken', 'The provided token has expired.')],
    ['KMS throttling', s3Error(400, 'KMS.ThrottlingException', 'Rate exceeded')],
  ])('but is retried if the reason is %s', async (_, answer) => {
    const { pipeline, event } = await aPhoto();
    proxy.breakNext(isGet, answer);

    await expect(pipeline.invoke([event], 'request')).rejects.toThrow(UnfinishedEventError);
    expect(statuses(await pipeline.invoke([event], 'request'))).toEqual(['processed']);
  });
});

describe('Fault 6: a bare 400 in response to a HEAD, as for a customer-provided key', () => {
  const store = () => new S3OriginalStore(s3);
  const unexplained = s3Error(400, '');

  test('falls back to the listing', async () => {
    const etag = await put('locked.jpg', 'a cat');
    await put('locked.jpg.txt', 'a note');
    proxy.breakNext(isHead, unexplained);

    expect(await store().head('uploads', 'locked.jpg')).toMatchObject({ etag, size: 5, lastModified: expect.any(Date) });
  });

  test('does not report another object whose key starts with the same text', async () => {
    await put('other.jpg.txt', 'a note');
    proxy.breakNext(isHead, unexplained);

    expect(await store().head('uploads', 'other.jpg')).toBeUndefined();
  });

  test('stays a fault if the listing fails as well, as with an expired token', async () => {
    proxy.breakNext(isHead, unexplained);
    proxy.breakNext(isList, s3Error(400, 'ExpiredToken'));

    await expect(store().head('uploads', 'locked.jpg')).rejects.toMatchObject({ name: 'ExpiredToken' });
  });
});
