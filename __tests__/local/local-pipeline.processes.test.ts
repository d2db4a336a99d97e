import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { deploymentOf } from '../../config/deployments.ts';
import { messageSchema } from '../../lambda-src/contract/message.ts';
import type { S3Request } from '../../local/aws/aws-requests.ts';
import { s3Event } from '../../local/aws/s3-event.ts';
import { type LocalPipeline, startLocalPipeline } from '../../local/local-pipeline.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { until } from '../until.ts';
import { standInBundle } from './stand-in-bundle.ts';

const settings = deploymentOf('photo-sharing', 'dev', 'x86_64');
const CREDENTIALS = { accessKeyId: 'any', secretAccessKey: 'any' };

/** Returns the metadata of an object; undefined if it does not exist. */
async function metadataOf(
  localPipeline: LocalPipeline,
  bucket: string | undefined,
  key: string,
): Promise<Record<string, string> | undefined> {
  const s3 = new S3Client({
    endpoint: localPipeline.endpoints.s3,
    region: settings.region,
    credentials: CREDENTIALS,
    forcePathStyle: true,
  });
  try {
    const { Metadata = {} } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return Metadata;
  } catch {
    return undefined;
  } finally {
    s3.destroy();
  }
}

describe.each(['s3', 'eventbridge'] as const)('the local pipeline with the production bundle and events of %s', (source) => {
  let localPipeline: LocalPipeline;
  let photo: Buffer;
  /** Observes the requests of the function and of the uploads. */
  let atWork: (request: S3Request) => void = () => {};

  beforeAll(async () => {
    [localPipeline, photo] = await Promise.all([
      startLocalPipeline({
        settings: { ...settings, trigger: { ...settings.trigger, source } },
        workers: 2,
        aws: { onRequest: (request) => request.service === 's3' && atWork(request) },
      }),
      makePhoto({ width: 1600, height: 900, orientation: 6, gps: true }),
    ]);
  });

  afterAll(() => localPipeline.close());

  test('processes a photo completely: rendition, metadata and record, without a mail', async () => {
    const key = 'summer 2026/Grüße + Küsse.JPG';

    const result = await localPipeline.submit({ key, body: photo, contentType: 'image/jpeg', metadata: { album: 'May' } });

    expect(result).toMatchObject({ key, status: 'processed', attempts: 1 });
    expect(result.milliseconds).toBeGreaterThan(0);
    expect(result.outputs).toEqual([{ key: `resized/${key}`, width: 432, height: 768, format: 'jpeg', bytes: expect.any(Number) }]);
    const rendition = await localPipeline.readRendition(`resized/${key}`);
    expect(rendition).toHaveLength(result.outputs[0]?.bytes ?? 0);
    expect(await sharp(rendition).metadata()).toMatchObject({ width: 432, height: 768, format: 'jpeg' });
    expect(await metadataOf(localPipeline, localPipeline.resources.outputBucket, `resized/${key}`)).toMatchObject({
      album: 'May',
      'original-bucket': localPipeline.resources.uploadBucket,
    });
    expect(await localPipeline.record(key)).toMatchObject({
      ObjectKey: key,
      Status: 'processed',
      FileSize: photo.length,
      Width: 900,
      Height: 1600,
    });
    expect(await localPipeline.notifications()).toEqual([]);
  });

  test('records and mails a damaged photo once, after one attempt', async () => {
    const result = await localPipeline.submit({ key: 'cut.jpg', body: photo.subarray(0, photo.length / 2) });

    expect(result).toMatchObject({ key: 'cut.jpg', status: 'failed', failureCode: 'Corrupt', outputs: [], attempts: 1 });
    expect(await localPipeline.record('cut.jpg')).toMatchObject({ Status: 'failed', FailureCode: 'Corrupt' });
    expect(await localPipeline.notifications()).toEqual([
      {
        subject: expect.stringContaining('cut.jpg'),
        message: expect.stringMatching(/^Could not process "cut\.jpg" in bucket .+\.\n\n.*\nNext step: /),
        attributes: { status: 'failed', preset: 'photo-sharing', failureCode: 'Corrupt' },
      },
    ]);
    expect(await localPipeline.notifications()).toEqual([]);
  });

  test('publishes JSON that satisfies the schema', async () => {
    await localPipeline.notifications();
    const body = photo.subarray(0, photo.length / 2);
    await localPipeline.submit({ key: 'json.jpg', body });

    const sqs = new SQSClient({ endpoint: localPipeline.endpoints.sqs, region: settings.region, credentials: CREDENTIALS });
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: localPipeline.resources.mailQueueUrl }));
    sqs.destroy();
    const messages = Messages.map(({ Body = '' }) => JSON.parse(JSON.parse(JSON.parse(Body).Message).default));
    expect(messages.map((message) => messageSchema.parse(message))).toEqual(messages);
    expect(messages).toMatchObject([
      { type: 'image', preset: 'photo-sharing', status: 'failed', key: 'json.jpg', size: body.length, failureCode: 'Corrupt' },
    ]);
  });

  test('gives the same event one effect, however often it is delivered', async () => {
    await localPipeline.submit({ key: 'twice.jpg', body: photo });
    const event = s3Event({
      bucket: localPipeline.resources.uploadBucket,
      key: 'twice.jpg',
      region: settings.region,
      eventName: 'ObjectCreated:Put',
    });

    const first = await localPipeline.deliver(event);
    const second = await localPipeline.deliver(event);

    expect([first, second].map(([result]) => result?.status)).toEqual(['processed', 'duplicate']);
  });

  test('keeps the last of several quick uploads of a key, even if an earlier one is larger', async () => {
    const small = await makePhoto({ width: 300, height: 200 });
    const bodies = [Buffer.concat([photo, Buffer.alloc(9_000_000)]), photo, small];

    const results = await Promise.all(bodies.map((body) => localPipeline.submit({ key: 'again.jpg', body })));

    expect(results.at(-1)?.status).toBe('processed');
    expect(await sharp(await localPipeline.readRendition('resized/again.jpg')).metadata()).toMatchObject({ width: 300, height: 200 });
    expect(await localPipeline.record('again.jpg')).toMatchObject({ Width: 300, Height: 200 });
  });

  test('finishes a photo after its process was killed', async () => {
    atWork = ({ method, key }) => {
      if (method !== 'GET' || key !== 'crash.jpg') return;
      atWork = () => {};
      void localPipeline.crash(key);
    };

    expect(await localPipeline.submit({ key: 'crash.jpg', body: photo })).toMatchObject({ status: 'processed', attempts: 2 });
    expect(await localPipeline.crash('crash.jpg')).toBe(false);
  });

  test('neither reads nor keeps files whose key the trigger does not match', async () => {
    const body = () => Promise.reject(new Error('a film of many gigabytes was read'));

    const result = await localPipeline.submit({ key: 'notes.txt', body });

    expect(result).toMatchObject({
      key: 'notes.txt',
      status: 'ignored',
      attempts: 0,
      outputs: [],
      detail: expect.stringContaining('.jpeg'),
    });
    expect(await metadataOf(localPipeline, localPipeline.resources.uploadBucket, 'notes.txt')).toBeUndefined();
  });

  test('deletes an upload to free memory and keeps its record', async () => {
    await localPipeline.submit({ key: 'freed.jpg', body: photo });
    expect(await metadataOf(localPipeline, localPipeline.resources.uploadBucket, 'freed.jpg')).toBeDefined();

    await localPipeline.remove('freed.jpg');

    expect(await metadataOf(localPipeline, localPipeline.resources.uploadBucket, 'freed.jpg')).toBeUndefined();
    expect(await metadataOf(localPipeline, localPipeline.resources.outputBucket, 'resized/freed.jpg')).toBeUndefined();
    expect(await localPipeline.record('freed.jpg')).toMatchObject({ Status: 'processed' });
  });

  test('has no record of a key that was never uploaded', async () => {
    expect(await localPipeline.record('never.jpg')).toBeUndefined();
  });

  test('passes on an invocation that is not an S3 event', async () => {
    const task = { taskId: 'task-1', s3Key: 'nothing+there.jpg', s3BucketArn: `arn:aws:s3:::${localPipeline.resources.uploadBucket}` };

    const answer = await localPipeline.invoke({
      invocationSchemaVersion: '1.0',
      invocationId: 'call-1',
      job: { id: 'job-1' },
      tasks: [task],
    });

    expect(answer).toMatchObject({ status: 'answered', payload: { invocationId: 'call-1', results: [{ taskId: 'task-1' }] } });
  });
});

describe('the local pipeline with another function', () => {
  let bundle: Awaited<ReturnType<typeof standInBundle>> | undefined;
  let localPipeline: LocalPipeline | undefined;

  async function startWith(source: string, preset: 'photo-sharing' | 'upload-processing' = 'photo-sharing'): Promise<LocalPipeline> {
    bundle = await standInBundle(source);
    localPipeline = await startLocalPipeline({ settings: deploymentOf(preset, 'dev', 'x86_64'), workers: 1, bundle: bundle.path });
    return localPipeline;
  }

  afterEach(async () => {
    await localPipeline?.close();
    await bundle?.remove();
  });

  test('sends an event to the dead-letter queue after every attempt failed', async () => {
    const target = await startWith("export const handler = () => { throw new Error('no table'); };");

    const result = await target.submit({ key: 'a b.jpg', body: Buffer.from('photo') });

    expect(result).toMatchObject({ key: 'a b.jpg', status: 'deadLettered', attempts: 3, outputs: [], detail: 'Error: no table' });
    const sqs = new SQSClient({ endpoint: target.endpoints.sqs, region: settings.region, credentials: CREDENTIALS });
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: target.resources.deadLetterQueueUrl }));
    sqs.destroy();
    expect(Messages.map(({ Body = '' }) => JSON.parse(Body))).toMatchObject([
      {
        requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
        requestPayload: { Records: [{ s3: { object: { key: 'a+b.jpg' } } }] },
        responsePayload: { errorMessage: 'no table' },
      },
    ]);
  });

  test('fires for keys under the prefix with a suffix in any letter case', async () => {
    const answers = "outcomes: [{ key: decodeURIComponent(event.Records[0].s3.object.key), status: 'gone' }]";
    const target = await startWith(`export const handler = async (event) => ({ ${answers} });`, 'upload-processing');

    const keys = ['uploads/a.JPG', 'uploads/b/c.jPeG', 'a.jpg', 'uploads/a.gif'];
    const results = await Promise.all(keys.map((key) => target.submit({ key, body: Buffer.from('photo') })));

    expect(results.map(({ status }) => status)).toEqual(['gone', 'gone', 'ignored', 'ignored']);
  });

  test('does not start if the function cannot start, and leaves nothing behind', async () => {
    const servers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'TCPServerWrap').length;
    const before = servers();

    await expect(startWith("throw new Error('PRESET is missing');")).rejects.toThrow(
      'The function does not start. Error: PRESET is missing',
    );

    await setImmediate(); // A closed server is listed until then.
    expect(servers()).toBe(before);
  });

  test('can be closed during work and more than once, and stops all servers', async () => {
    const target = await startWith('export const handler = () => new Promise(() => {});');
    const submitting = target.submit({ key: 'a.jpg', body: Buffer.from('photo') }).catch((error: unknown) => error);
    await until(() => target.crash('a.jpg'));

    await Promise.all([target.close(), target.close()]);

    expect(await submitting).toMatchObject({ code: 'RUNNER_CLOSED' });
    const socket = connect(Number(new URL(target.endpoints.s3).port), '127.0.0.1');
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
