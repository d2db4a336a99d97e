import type { IncomingMessage } from 'node:http';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildLocalBundle } from '../../asset/local-bundle.ts';
import { DeployedFunction } from '../../cli/pipeline/deployed-function.ts';
import { type Redriven, redrive } from '../../cli/redrive/command.ts';
import { deploymentOf } from '../../config/deployments.ts';
import { imageId } from '../../lambda-src/adapters/ledger-item.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../../local/aws/embedded-aws.ts';
import { findItem } from '../../local/aws/ledger-item.ts';
import { takeMails } from '../../local/aws/mail-queue.ts';
import { type S3Event, s3Event } from '../../local/aws/s3-event.ts';
import { uploadTo } from '../../local/aws/upload.ts';
import { functionConfiguration } from '../../local/function/function-configuration.ts';
import { LambdaRunner } from '../../local/function/lambda-runner.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { serveLambda } from '../lambda-endpoint.ts';
import { FaultyProxy } from './faulty-proxy.ts';

const settings = deploymentOf('upload-processing', 'crash', 'x86_64');
const isUpdate = ({ headers }: IncomingMessage) => headers['x-amz-target'] === 'DynamoDB_20120810.UpdateItem';

let aws: EmbeddedAws;
let proxies: { s3: FaultyProxy; dynamodb: FaultyProxy; sns: FaultyProxy };
let runner: LambdaRunner;
let photo: Buffer;
let number = 0;

beforeAll(async () => {
  [aws, photo] = await Promise.all([startEmbeddedAws(settings), makePhoto({ width: 320, height: 240 })]);
  const [s3, dynamodb, sns] = await Promise.all([
    FaultyProxy.before(aws.endpoints.s3),
    FaultyProxy.before(aws.endpoints.dynamodb),
    FaultyProxy.before(aws.endpoints.sns),
  ]);
  proxies = { s3, dynamodb, sns };
  const endpoints = { ...aws.endpoints, s3: s3.url, dynamodb: dynamodb.url, sns: sns.url };
  runner = await LambdaRunner.start({
    bundle: await buildLocalBundle(),
    configuration: functionConfiguration(settings, aws.resources, endpoints),
    workers: 1,
    retryDelaysMilliseconds: [1, 1],
    onDeadLetter: async (letter) => {
      await aws.clients.sqs.send(
        new SendMessageCommand({ QueueUrl: aws.resources.deadLetterQueueUrl, MessageBody: JSON.stringify(letter) }),
      );
    },
  });
});

afterAll(async () => {
  await runner.close();
  await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
  await aws.close();
});

beforeEach(async () => {
  await takeMails(aws.clients.sqs, aws.resources.mailQueueUrl);
});

afterEach(() => {
  for (const proxy of Object.values(proxies)) {
    proxy.heal();
    proxy.onRequest = undefined;
  }
});

async function anUpload(): Promise<{ key: string; event: S3Event }> {
  number += 1;
  const key = `uploads/photo-${number}.jpg`;
  const bucket = aws.resources.uploadBucket;
  const stored = await uploadTo(aws.clients.s3, bucket, { key, body: photo });
  return { key, event: s3Event({ ...stored, bucket, key, region: settings.region }) };
}

/** Returns the result for a key: the record's status, whether the rendition exists, and the number of emails sent. */
async function effectOn(key: string): Promise<{ status: unknown; rendition: boolean; mails: number }> {
  const { tableName, uploadBucket, outputBucket, mailQueueUrl } = aws.resources;
  const record = await findItem(aws.clients.dynamodb, tableName, { bucket: uploadBucket, key });
  const head = await aws.clients.s3.send(new HeadObjectCommand({ Bucket: outputBucket, Key: `processed/${key}` })).catch(() => undefined);
  const mails = await takeMails(aws.clients.sqs, mailQueueUrl);
  return { status: record?.Status, rendition: head !== undefined, mails: mails.filter(({ message }) => message.includes(key)).length };
}

interface CrashPoint {
  readonly at: keyof typeof proxies;
  readonly matches: (request: IncomingMessage) => boolean;
  readonly phase: 'before' | 'after';
  /** Position among the matching requests, from 1. */
  readonly nth: number;
  readonly mails: number;
}

/** Kills the function's process (kill −9) at one request of its first attempt. */
function killAt({ at, matches, phase, nth }: CrashPoint, requestId: string): () => boolean {
  let seen = 0;
  let killed = false;
  proxies[at].onRequest = (request, now) => {
    if (now !== phase || !matches(request)) return;
    seen += 1;
    if (seen !== nth) return;
    killed = true;
    void runner.kill(requestId);
  };
  return () => killed;
}

const isPut = ({ method }: IncomingMessage) => method === 'PUT';
const isGet = ({ method }: IncomingMessage) => method === 'GET';
const isAny = () => true;

describe('Fault 3: the function’s process is killed, then retried', () => {
  test.each<[string, CrashPoint]>([
    ['before the claim', { at: 'dynamodb', matches: isUpdate, phase: 'before', nth: 1, mails: 1 }],
    ['after the claim', { at: 'dynamodb', matches: isUpdate, phase: 'after', nth: 1, mails: 1 }],
    ['after the read', { at: 's3', matches: isGet, phase: 'after', nth: 1, mails: 1 }],
    ['after the store', { at: 's3', matches: isPut, phase: 'after', nth: 1, mails: 1 }],
    ['after the commit', { at: 'dynamodb', matches: isUpdate, phase: 'after', nth: 2, mails: 1 }],
    ['after the mark', { at: 'dynamodb', matches: isUpdate, phase: 'after', nth: 4, mails: 1 }],
  ])('%s', async (_name, point) => {
    const { key, event } = await anUpload();
    const requestId = `crash-${number}`;
    const killed = killAt(point, requestId);

    const { attempts } = await runner.deliver(event, requestId);

    expect([killed(), attempts]).toEqual([true, 2]);
    expect(await effectOn(key)).toEqual({ status: 'processed', rendition: true, mails: point.mails });
  });
});

describe('Fault 3: the function’s process is killed while it sends the message', () => {
  /** Ends the reservation of the message, which normally lasts 30 seconds. */
  async function expireReservation(key: string): Promise<void> {
    const { tableName, uploadBucket } = aws.resources;
    await aws.clients.dynamodb.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { [settings.table.partitionKey]: { S: imageId(uploadBucket, key) } },
        UpdateExpression: 'SET AnnouncementExpiresAt = :past',
        ExpressionAttributeValues: { ':past': { N: '0' } },
      }),
    );
  }

  test.each<[string, CrashPoint]>([
    ['before the message is sent', { at: 'dynamodb', matches: isUpdate, phase: 'after', nth: 3, mails: 1 }],
    ['after the message is sent, so that it is repeated', { at: 'sns', matches: isAny, phase: 'after', nth: 1, mails: 2 }],
  ])('%s: a retry waits until the reservation expires', async (_name, point) => {
    const { key, event } = await anUpload();
    const requestId = `crash-${number}`;
    const killed = killAt(point, requestId);

    expect(await runner.deliver(event, requestId)).toMatchObject({ attempts: 3, answer: { status: 'failed' } });
    expect(killed()).toBe(true);
    await takeDeadLetter();
    await expireReservation(key);

    expect(await runner.deliver(event, requestId)).toMatchObject({ attempts: 1 });
    expect(await effectOn(key)).toEqual({ status: 'processed', rendition: true, mails: point.mails });
  });

  async function takeDeadLetter(): Promise<void> {
    const QueueUrl = aws.resources.deadLetterQueueUrl;
    const { Messages = [] } = await aws.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    for (const { ReceiptHandle } of Messages) await aws.clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
});

describe('Fault 10: all retries are used up', () => {
  async function deadLetters(): Promise<number> {
    const { Attributes } = await aws.clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: aws.resources.deadLetterQueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages);
  }

  async function redriven(apply: boolean) {
    const { name, environment } = functionConfiguration(settings, aws.resources, aws.endpoints);
    const queue = aws.resources.deadLetterQueueUrl.split('/').at(-1);
    const deadLetterQueueArn = `arn:aws:sqs:${settings.region}:000000000000:${queue}`;
    const lambda = await serveLambda({ name, environment, deadLetterQueueArn, invoke: (payload) => runner.invoke(payload) });
    Object.assign(process.env, {
      AWS_REGION: settings.region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
      AWS_ENDPOINT_URL_SQS: aws.endpoints.sqs,
    });
    try {
      const all: Redriven[] = [];
      for await (const one of redrive(new DeployedFunction(name), { apply, rate: 100 })) all.push(one);
      return all;
    } finally {
      await lambda.close();
    }
  }

  test('the event is in the dead-letter queue, and redrive replays it with one effect', async () => {
    const { key, event } = await anUpload();
    proxies.s3.breakNext(isGet, { kind: 'reset' }, 9);
    expect(await runner.deliver(event)).toMatchObject({
      attempts: 3,
      answer: { status: 'failed', error: { errorType: 'UnfinishedEventError' } },
    });
    proxies.s3.heal();
    expect(await deadLetters()).toBe(1);

    expect(await redriven(false)).toMatchObject([{ keys: [key], result: 'listed' }]);
    expect(await deadLetters()).toBe(1);

    expect(await redriven(true)).toMatchObject([{ keys: [key], result: 'redriven' }]);
    expect(await deadLetters()).toBe(0);
    expect(await effectOn(key)).toEqual({ status: 'processed', rendition: true, mails: 1 });
  });

  test('a message is kept if its event fails again', async () => {
    const { event } = await anUpload();
    proxies.s3.breakNext(isGet, { kind: 'reset' }, 12);
    await runner.deliver(event);

    expect(await redriven(true)).toMatchObject([{ result: 'kept', reason: expect.stringContaining('will be retried') }]);
    expect(await deadLetters()).toBe(1);

    proxies.s3.heal();
    expect(await redriven(true)).toMatchObject([{ result: 'redriven' }]);
  });
});
