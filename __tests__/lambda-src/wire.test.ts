import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { HandlerSettings } from '../../lambda-src/contract/environment.ts';
import { renderImage } from '../../lambda-src/image/render.ts';
import { Observer } from '../../lambda-src/observer.ts';
import type { Notification } from '../../lambda-src/ports.ts';
import { wire } from '../../lambda-src/wire.ts';
import { SETTINGS } from '../in-memory/pipeline.ts';
import { CLIENT, ScriptedServer } from './adapters/scripted-server.ts';

const BODY: Notification['body'] = { version: 1, type: 'report', preset: 'photo-sharing', processed: 0, failed: 0, images: [], omitted: 0 };

let server: ScriptedServer;
let clients: { s3: S3Client; dynamodb: DynamoDBClient };
const before = { ...process.env };

beforeAll(async () => {
  server = await ScriptedServer.start();
  const configuration = { ...CLIENT, endpoint: server.url };
  clients = {
    s3: new S3Client({ ...configuration, forcePathStyle: true }),
    dynamodb: new DynamoDBClient(configuration),
  };
  // The client of SNS is made with the first message, from the environment of the function.
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SNS: server.url,
  });
});

afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  process.env = before;
  await server.close();
});

const PUBLISHED = { body: '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>' };

const wired = (settings: Partial<HandlerSettings> = {}, observer = new Observer('resize'), memoryMb = 1769) =>
  wire({ ...SETTINGS, ...settings }, clients, observer, memoryMb);

describe('the handler is wired', () => {
  test('with its settings, the renderer and the observer', () => {
    const observer = new Observer('resize');
    const parts = wired({ deletePropagation: true }, observer);

    expect(parts).toMatchObject({ settings: { deletePropagation: true }, observer });
    expect(parts.dependencies).toMatchObject({
      ...{ preset: 'test', leaseSeconds: 90, deletePropagation: true, recipe: SETTINGS.recipe, render: renderImage },
      limits: { maxBytes: 1_000, maxPixels: 1_000_000, maxAvifPixels: 1_000_000 },
    });
  });

  test('with the bucket of renditions, the table and the topic of its settings', async () => {
    const { renditions, ledger, notifier } = wired().dependencies;
    server.script({ status: 404 }, { headers: { 'content-type': 'application/x-amz-json-1.0' }, body: '{}' }, PUBLISHED, PUBLISHED);

    await renditions.head('small/a.jpg');
    await ledger.read('uploads', 'a.jpg');
    await notifier.publish({ subject: 'first', message: 'hello', body: BODY, attributes: {} });
    await notifier.publish({ subject: 'second', message: 'hello', body: BODY, attributes: {} });

    expect(server.asked[0]?.path).toBe('/renditions/small/a.jpg');
    expect(server.asked[1]?.body).toContain('"TableName":"ledger"');
    expect(server.asked[1]?.body).toContain('"ImageId"');
    expect(server.asked[2]?.body).toContain(encodeURIComponent('arn:aws:sns:us-east-1:000000000000:images'));
    expect(server.asked[3]?.body).toContain('second');
  });

  test.each<[settings: Partial<HandlerSettings>, marks: boolean]>([
    [{}, false],
    [{ tagFailed: true }, true],
    [{ quarantinePrefix: 'bad/' }, true],
    [{ tagFailed: true, quarantinePrefix: 'bad/' }, true],
  ])('with an adapter for failed originals only if the settings ask for it: %j', (settings, marks) => {
    expect(wired(settings).dependencies.failedOriginals !== undefined).toBe(marks);
  });

  test('with copies of failed originals in the output bucket', async () => {
    const { failedOriginals } = wired({ tagFailed: true, quarantinePrefix: 'bad/' }).dependencies;
    const xml = { 'content-type': 'application/xml' };
    const original = { bucket: 'uploads', key: 'a.jpg', versionId: 'v1' };
    server.script({ headers: xml, body: '<CopyObjectResult/>' }, { headers: xml, body: '<Tagging><TagSet/></Tagging>' }, {});

    expect(await failedOriginals?.copy(original, 'bad/a.jpg', {})).toBe('done');
    expect(await failedOriginals?.tag(original, 'Corrupt')).toBe('done');
    expect(server.asked.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([
      'PUT /renditions/bad/a.jpg',
      'GET /uploads/a.jpg',
      'PUT /uploads/a.jpg',
    ]);
  });

  test.each([
    [1769, 1],
    [3538, 3],
  ])('with as many images at once as %d MB allow: %d', (memoryMb, concurrency) => {
    expect(wired({}, new Observer('resize'), memoryMb).concurrency).toBe(concurrency);
  });

  test('with the log for warnings', () => {
    const observer = new Observer('resize');
    const warn = jest.spyOn(observer, 'warn').mockImplementation(() => undefined);

    wired({}, observer).dependencies.warn('does not fit', { key: 'a.jpg' });

    expect(warn).toHaveBeenCalledWith('does not fit', { key: 'a.jpg' });
    warn.mockRestore();
  });
});

describe('what is announced', () => {
  test.each<[publish: HandlerSettings['publish'], form: 'image' | 'report', processed: boolean, failed: boolean]>([
    [['processed', 'failed'], 'image', true, true],
    [['failed'], 'image', false, true],
    [['processed'], 'image', true, false],
    [['report'], 'report', true, true],
    [[], 'image', false, false],
  ])('with %j is a message per %s', (publish, messageForm, processed, failed) => {
    const { dependencies } = wired({ publish });

    expect(dependencies.messageForm).toBe(messageForm);
    expect([dependencies.announces('processed'), dependencies.announces('failed')]).toEqual([processed, failed]);
  });
});
