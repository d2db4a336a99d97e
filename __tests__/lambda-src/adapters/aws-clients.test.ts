import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { PublishCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeClients, TIMEOUTS } from '../../../lambda-src/adapters/aws-clients.ts';
import { makeSnsClient } from '../../../lambda-src/adapters/sns-notifier.ts';
import { ScriptedServer } from './scripted-server.ts';

const before = { ...process.env };
let server: ScriptedServer;

beforeAll(async () => {
  server = await ScriptedServer.start();
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: server.url,
  });
});

afterAll(async () => {
  process.env = before;
  await server.close();
});

test('every client gives a silent service up long before the function’s own timeout', async () => {
  const { s3, dynamodb } = makeClients();
  const sns = makeSnsClient(TIMEOUTS);
  server.script({ status: 400 }, { status: 400 }, { status: 400 });
  // A client reads its settings with its first request.
  await Promise.allSettled([
    s3.send(new HeadBucketCommand({ Bucket: 'uploads' })),
    dynamodb.send(new ListTablesCommand({})),
    sns.send(new PublishCommand({ TopicArn: 'arn:topic', Message: 'hello' })),
  ]);

  for (const client of [s3, dynamodb, sns]) {
    expect(client.config.requestHandler).toMatchObject({ config: { connectionTimeout: 2_000, socketTimeout: 8_000 } });
    client.destroy();
  }
});
