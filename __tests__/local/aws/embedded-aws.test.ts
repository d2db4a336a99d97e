import { networkInterfaces } from 'node:os';
import { DescribeTableCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { PublishCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../../config/presets.ts';
import { type EmbeddedAws, startEmbeddedAws } from '../../../local/aws/embedded-aws.ts';
import { takeMails } from '../../../local/aws/mail-queue.ts';

let aws: EmbeddedAws | undefined;

afterEach(async () => {
  await aws?.close();
  aws = undefined;
});

async function start(preset: PresetName = 'photo-sharing'): Promise<EmbeddedAws> {
  aws = await startEmbeddedAws(deploymentOf(preset, 'dev', 'arm64'));
  return aws;
}

async function isReachable(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

describe('the embedded AWS', () => {
  test.each(PRESET_NAMES)('has the resources that the function of %s needs, with the names of the deployment', async (preset) => {
    const { clients, resources } = await start(preset);
    const settings = deploymentOf(preset, 'dev', 'arm64');

    const { Table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: resources.tableName }));

    expect(Table?.KeySchema).toEqual([{ AttributeName: settings.table.partitionKey, KeyType: 'HASH' }]);
    expect(Table?.TableStatus).toBe('ACTIVE');
    for (const Bucket of [resources.uploadBucket, ...(resources.outputBucket === undefined ? [] : [resources.outputBucket])]) {
      expect(Bucket).toMatch(/-000000000000$/);
      await clients.s3.send(new HeadBucketCommand({ Bucket }));
    }
    expect(resources.topicArn).toMatch(new RegExp(`^arn:aws:sns:${settings.region}:000000000000:\\w`));
  });

  test('answers "the newest images of a day" if the deployment has the index', async () => {
    const { clients, resources } = await start('image-metadata');
    const put = (id: string, date: string, timestamp: number) =>
      clients.dynamodb.send(
        new PutItemCommand({
          TableName: resources.tableName,
          Item: { ImageId: { S: id }, UploadDate: { S: date }, UploadTimestamp: { N: String(timestamp) } },
        }),
      );
    await put('morning', '2026-05-04', 9_000);
    await put('evening', '2026-05-04', 18_000);
    await put('next day', '2026-05-05', 99_000);

    const { Items = [] } = await clients.dynamodb.send(
      new QueryCommand({
        TableName: resources.tableName,
        IndexName: 'UploadTimestampIndex',
        KeyConditionExpression: 'UploadDate = :day',
        ExpressionAttributeValues: { ':day': { S: '2026-05-04' } },
        ScanIndexForward: false,
      }),
    );

    expect(Items.map((item) => item.ImageId?.S)).toEqual(['evening', 'morning']);
  });

  test('keeps messages that would be mailed, with subject and attributes, until they are received', async () => {
    const { clients, resources } = await start();
    const publish = (Message: string) =>
      clients.sns.send(
        new PublishCommand({
          TopicArn: resources.topicArn,
          Subject: 'Image failed',
          Message,
          MessageAttributes: { status: { DataType: 'String', StringValue: 'failed' } },
        }),
      );
    for (let number = 1; number <= 12; number++) await publish(`message ${number}`);

    const mails = await takeMails(clients.sqs, resources.mailQueueUrl);

    expect(mails.map(({ message }) => message).toSorted()).toEqual(Array.from({ length: 12 }, (_, i) => `message ${i + 1}`).toSorted());
    expect(mails[0]).toMatchObject({ subject: 'Image failed', attributes: { status: 'failed' } });
    const { Attributes } = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: resources.mailQueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' });
  });

  test('delivers the email of a message with one body per protocol to the mail queue', async () => {
    const { clients, resources } = await start();
    const Message = JSON.stringify({ default: '{"version":1}', email: '{not JSON' });
    await clients.sns.send(
      new PublishCommand({ TopicArn: resources.topicArn, Subject: 'Image failed', MessageStructure: 'json', Message }),
    );

    expect(await takeMails(clients.sqs, resources.mailQueueUrl)).toMatchObject([{ message: '{not JSON' }]);
  });

  test('can be reached on loopback only, and not at all once it is closed', async () => {
    const { endpoints, close } = await start();
    const outside = Object.values(networkInterfaces()).flatMap((addresses = []) =>
      addresses.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
    );

    for (const endpoint of new Set(Object.values(endpoints))) {
      expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(await isReachable(endpoint)).toBe(true);
      for (const address of outside) expect(await isReachable(endpoint.replace('127.0.0.1', address))).toBe(false);
    }

    await close();
    for (const endpoint of Object.values(endpoints)) expect(await isReachable(endpoint)).toBe(false);
  });
});
