import type { IncomingMessage, Server } from 'node:http';
import { CreateTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateTopicCommand, type SNSClient } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import dynalite from 'dynalite';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { makeClients } from '../../lambda-src/adapters/aws-clients.ts';
import { DynamoDbLedger } from '../../lambda-src/adapters/dynamodb-ledger.ts';
import { S3OriginalStore } from '../../lambda-src/adapters/s3-original-store.ts';
import { S3RenditionStore } from '../../lambda-src/adapters/s3-rendition-store.ts';
import { makeSnsClient, SnsNotifier } from '../../lambda-src/adapters/sns-notifier.ts';
import { UnfinishedEventError } from '../../lambda-src/handle-event.ts';
import { closeServer, listenOnLoopback } from '../../local/aws/loopback.ts';
import { MemoryPipeline, statuses } from '../in-memory/pipeline.ts';
import { dynamoError, type Fault, FaultyProxy, s3Error } from './faulty-proxy.ts';

const isGet = ({ method }: IncomingMessage) => method === 'GET';
const isPut = ({ method, url }: IncomingMessage) => method === 'PUT' && url?.includes('/small/') === true;
const isWrite = ({ headers }: IncomingMessage) => headers['x-amz-target'] === 'DynamoDB_20120810.UpdateItem';
const isAny = () => true;

let fauxqs: FauxqsServer;
let dynamo: Server;
let s3: FaultyProxy;
let dynamodb: FaultyProxy;
let sns: FaultyProxy;
let clients: ReturnType<typeof makeClients> & { sns: SNSClient };
let topicArn: string;
let number = 0;

beforeAll(async () => {
  fauxqs = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false, messageSpies: true });
  dynamo = dynalite({ createTableMs: 0 });
  const dynamoUrl = await listenOnLoopback(dynamo);
  [s3, sns, dynamodb] = await Promise.all([
    FaultyProxy.before(`http://127.0.0.1:${fauxqs.port}`),
    FaultyProxy.before(`http://127.0.0.1:${fauxqs.port}`),
    FaultyProxy.before(dynamoUrl),
  ]);
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_ENDPOINT_URL_SNS: sns.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
  });
  // Far longer than an answer takes on a busy machine; only the stall waits for it.
  const timeouts = { connectionTimeout: 10_000, socketTimeout: 2_000 };
  clients = { ...makeClients(timeouts), sns: makeSnsClient(timeouts) };
  await clients.s3.send(new CreateBucketCommand({ Bucket: 'uploads' }));
  await clients.s3.send(new CreateBucketCommand({ Bucket: 'renditions' }));
  topicArn = (await clients.sns.send(new CreateTopicCommand({ Name: 'images' }))).TopicArn ?? '';
  await clients.dynamodb.send(
    new CreateTableCommand({
      TableName: 'ledger',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'ImageId', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'ImageId', KeyType: 'HASH' }],
    }),
  );
  // CreateTable returns before the table is ready, on AWS and here.
  await waitUntilTableExists({ client: clients.dynamodb, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.05 }, { TableName: 'ledger' });
});

afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await Promise.all([s3.close(), sns.close(), dynamodb.close()]);
  await fauxqs.stop();
  await closeServer(dynamo);
});

afterEach(() => {
  for (const proxy of [s3, sns, dynamodb]) proxy.heal();
});

/** Makes the handler with the real adapters, and uploads a photo under a unique key. */
async function aPhoto() {
  number += 1;
  const key = `photo-${number}.jpg`;
  const pipeline = new MemoryPipeline({}, () => ({
    originals: new S3OriginalStore(clients.s3),
    renditions: new S3RenditionStore(clients.s3, 'renditions'),
    ledger: new DynamoDbLedger(clients.dynamodb, 'ledger', 'ImageId'),
    notifier: new SnsNotifier(clients.sns, topicArn),
  }));
  await clients.s3.send(new PutObjectCommand({ Bucket: 'uploads', Key: key, Body: 'a cat on a mat' }));
  const event = pipeline.upload(key, 'a cat on a mat');
  const mails = () =>
    fauxqs.spy.getAllMessages().filter((message) => message.service === 'sns' && JSON.parse(message.body).email.includes(`"${key}"`))
      .length;
  return { pipeline, event, key, mails };
}

describe('Fault 6: S3 GET', () => {
  test('404 means a deleted photo once the upload is 15 minutes old', async () => {
    const { pipeline, event } = await aPhoto();
    s3.breakNext(({ method }) => method === 'GET' || method === 'HEAD', s3Error(404, 'NoSuchKey'), 2);
    pipeline.now += 15 * 60_000;

    expect(statuses(await pipeline.invoke([event]))).toEqual(['gone']);
  });

  test('404 is not trusted while the upload is recent, and the retry succeeds', async () => {
    const { pipeline, event } = await aPhoto();
    s3.breakNext(isGet, s3Error(404, 'NoSuchKey'));
    pipeline.now += 15 * 60_000 - 1;

    await expect(pipeline.invoke([event], 'request')).rejects.toThrow(UnfinishedEventError);
    expect(pipeline.faults).toMatchObject([{ error: { code: 'NotFoundYet' } }]);
    expect(statuses(await pipeline.invoke([event], 'request'))).toEqual(['processed']);
  });

  test('404 with a delete marker is trusted immediately', async () => {
    const { pipeline, event } = await aPhoto();
    s3.breakNext(isGet, s3Error(404, 'NoSuchKey', 'NoSuchKey', '', { 'x-amz-delete-marker': 'true', 'x-amz-version-id': 'marker' }));

    expect(statuses(await pipeline.invoke([event]))).toEqual(['gone']);
  });

  test('412 means a replaced photo', async () => {
    const { pipeline, event, key } = await aPhoto();
    await clients.s3.send(new PutObjectCommand({ Bucket: 'uploads', Key: key, Body: 'a dog' }));

    expect(statuses(await pipeline.invoke([event]))).toEqual(['superseded']);
  });

  test.each<[string, Fault, number]>([
    ['403 AccessDenied', s3Error(403, 'AccessDenied'), 1],
    ['404 NoSuchBucket', s3Error(404, 'NoSuchBucket'), 1],
    ['a persistent 500', s3Error(500, 'InternalError'), 3],
    ['a persistent 503 SlowDown', s3Error(503, 'SlowDown'), 3],
    ['a connection that is always reset', { kind: 'reset' }, 3],
    ['a reset in the middle of the body', { kind: 'resetMidBody' }, 1],
    ['a stall in the middle of the body', { kind: 'stallMidBody' }, 1],
  ])('%s is thrown after the other records are done, and the retry succeeds', async (_name, fault, times) => {
    const { pipeline, event } = await aPhoto();
    s3.breakNext(isGet, fault, times);

    await expect(pipeline.invoke([event], 'request')).rejects.toThrow(UnfinishedEventError);
    expect(pipeline.renders).toBe(0);
    expect(statuses(await pipeline.invoke([event], 'request'))).toEqual(['processed']);
  });

  test.each<[string, Fault]>([
    ['500', s3Error(500, 'InternalError')],
    ['503 SlowDown', s3Error(503, 'SlowDown')],
    ['a reset', { kind: 'reset' }],
  ])('a transient fault is retried within the attempt: %s', async (_name, fault) => {
    const { pipeline, event } = await aPhoto();
    s3.breakNext(isGet, fault);

    expect(statuses(await pipeline.invoke([event]))).toEqual(['processed']);
  });

  test('a download larger than the event announced stops at the limit', async () => {
    const { pipeline, event, key } = await aPhoto();
    await clients.s3.send(new PutObjectCommand({ Bucket: 'uploads', Key: key, Body: 'x'.repeat(1_001) }));
    const { s3: described, ...rest } = event;
    const object = { ...described.object, eTag: undefined };

    expect(await pipeline.invoke([{ ...rest, s3: { ...described, object } }])).toMatchObject([
      { status: 'failed', failureCode: 'TooLarge' },
    ]);
  });
});

describe('Fault 7: S3 PUT', () => {
  test.each<[string, Fault]>([
    ['412', s3Error(412, 'PreconditionFailed')],
    ['409', s3Error(409, 'ConditionalRequestConflict')],
    ['500', s3Error(500, 'InternalError')],
    ['503', s3Error(503, 'SlowDown')],
    ['a reset after the bytes were sent', { kind: 'reset' }],
    ['a lost response', { kind: 'loseAnswer' }],
  ])('%s is checked again, and the rendition is stored', async (_name, fault) => {
    const { pipeline, event, mails } = await aPhoto();
    s3.breakNext(isPut, fault);

    expect(statuses(await pipeline.invoke([event]))).toEqual(['processed']);
    expect(mails()).toBe(1);
  });

  test('a lost response counts as done if the retry finds its own rendition', async () => {
    const { pipeline, event } = await aPhoto();
    s3.breakNext(isPut, { kind: 'loseAnswer' });
    s3.breakNext(isPut, s3Error(412, 'PreconditionFailed'), 5);

    expect(statuses(await pipeline.invoke([event]))).toEqual(['processed']);
  });

  test('a persistent fault commits nothing and sends no email', async () => {
    const { pipeline, event, key, mails } = await aPhoto();
    s3.breakNext(isPut, s3Error(500, 'InternalError'), 3);

    await expect(pipeline.invoke([event])).rejects.toThrow(UnfinishedEventError);

    expect(await new DynamoDbLedger(clients.dynamodb, 'ledger', 'ImageId').read('uploads', key)).toMatchObject({
      status: 'processing',
      leaseExpiresAt: 0,
    });
    expect(mails()).toBe(0);
  });
});

describe('Fault 8: DynamoDB', () => {
  test.each<[string, Fault]>([
    ['throttling', dynamoError(400, 'ProvisionedThroughputExceededException')],
    ['500', dynamoError(500, 'InternalServerError')],
    ['a reset', { kind: 'reset' }],
  ])('a transient fault is retried within the attempt: %s', async (_name, fault) => {
    const { pipeline, event, mails } = await aPhoto();
    dynamodb.breakNext(isWrite, fault);

    expect(statuses(await pipeline.invoke([event]))).toEqual(['processed']);
    expect(mails()).toBe(1);
  });

  test.each([
    ['claim', 0],
    ['commit', 1],
    ['reservation of the message', 2],
    ['mark', 3],
  ])('a %s with a lost response does not become a duplicate of itself', async (_name, writesBefore) => {
    const { pipeline, event, mails } = await aPhoto();
    let writes = 0;
    dynamodb.breakNext((request) => isWrite(request) && writes++ === writesBefore, { kind: 'loseAnswer' });

    expect(statuses(await pipeline.invoke([event]))).toEqual(['processed']);
    expect(statuses(await pipeline.invoke([event]))).toEqual(['duplicate']);
    expect(mails()).toBe(1);
  });

  test('a commit is found and announced by the retry if all its responses were lost', async () => {
    const { pipeline, event, mails } = await aPhoto();
    let writes = 0;
    dynamodb.breakNext((request) => isWrite(request) && writes++ > 0, { kind: 'loseAnswer' }, 99);

    await expect(pipeline.invoke([event], 'request')).rejects.toThrow(UnfinishedEventError);
    dynamodb.heal();

    expect(statuses(await pipeline.invoke([event], 'request'))).toEqual(['processed']);
    expect([pipeline.renders, mails()]).toEqual([1, 1]);
  });
});

describe('Fault 9: SNS', () => {
  test.each<[string, Fault, number]>([
    ['throttled', { kind: 'answer', status: 429, body: '<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>' }, 3],
    [
      'answering 500',
      { kind: 'answer', status: 500, body: '<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>' },
      3,
    ],
    ['gone', { kind: 'reset' }, 3],
  ])('%s leaves the image processed; the retry announces it without rendering', async (_name, fault, times) => {
    const { pipeline, event, mails } = await aPhoto();
    sns.breakNext(isAny, fault, times);

    await expect(pipeline.invoke([event], 'request')).rejects.toThrow(UnfinishedEventError);
    expect(mails()).toBe(0);

    expect(statuses(await pipeline.invoke([event], 'request'))).toEqual(['processed']);
    expect([pipeline.renders, mails()]).toEqual([1, 1]);
  });
});
