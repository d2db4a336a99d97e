import { SNSClient } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { SnsNotifier } from '../../../lambda-src/adapters/sns-notifier.ts';
import type { Notification } from '../../../lambda-src/ports.ts';
import { CLIENT, ScriptedServer } from './scripted-server.ts';

const BODY: Notification['body'] = { version: 1, type: 'report', preset: 'photo-sharing', processed: 0, failed: 1, images: [], omitted: 1 };
const MESSAGE = {
  subject: 'Image failed',
  message: 'It is damaged.',
  body: BODY,
  attributes: { status: 'failed', preset: 'photo-sharing' },
};

let server: ScriptedServer;
let sns: SNSClient;

beforeAll(async () => {
  server = await ScriptedServer.start();
  sns = new SNSClient({ ...CLIENT, endpoint: server.url });
});

afterEach(() => {
  jest.restoreAllMocks();
});

afterAll(async () => {
  sns.destroy();
  await server.close();
});

test('a message goes to the topic as text for email and as JSON for others, with attributes that subscriptions can filter by', async () => {
  server.script({ body: '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>' });

  await new SnsNotifier(sns, 'arn:topic').publish(MESSAGE);

  expect(Object.fromEntries(new URLSearchParams(server.asked[0]?.body))).toMatchObject({
    Action: 'Publish',
    TopicArn: 'arn:topic',
    Subject: 'Image failed',
    MessageStructure: 'json',
    Message: JSON.stringify({ default: JSON.stringify(BODY), email: 'It is damaged.' }),
    'MessageAttributes.entry.1.Name': 'status',
    'MessageAttributes.entry.1.Value.DataType': 'String',
    'MessageAttributes.entry.1.Value.StringValue': 'failed',
    'MessageAttributes.entry.2.Name': 'preset',
    'MessageAttributes.entry.2.Value.DataType': 'String',
    'MessageAttributes.entry.2.Value.StringValue': 'photo-sharing',
  });
});

test('sending is given up after 20 seconds, while the message is still reserved for this run', async () => {
  const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());

  await expect(new SnsNotifier(sns, 'arn:topic').publish(MESSAGE)).rejects.toMatchObject({ name: 'AbortError' });
  expect(timeout).toHaveBeenCalledWith(20_000);
});
