import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { oneAtATime } from './one-at-a-time.ts';

/** A separate AWS account on loopback: a moto process that receives one request at a time. */
export interface EmulatedAws {
  readonly url: string;
  readonly region: string;
  readonly clients: ReturnType<typeof clientsFor>;
  close(): Promise<void>;
}

/** Starts an empty emulated AWS. */
export async function startEmulatedAws(region: string): Promise<EmulatedAws> {
  const server = spawn('moto_server', ['-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // With Docker, moto would also run the function, in images that it downloads first. Its timestamps have no time zone.
    env: { ...process.env, DOCKER_HOST: 'unix:///nowhere', TZ: 'UTC' },
  });
  const exited = once(server, 'exit');
  // moto does not check conditions and write atomically, so conditional writes only behave as on AWS with one request at a time.
  const turnstile = await oneAtATime(await urlFrom(createInterface({ input: server.stderr })));
  const clients = clientsFor(turnstile.url, region);
  return {
    url: turnstile.url,
    region,
    clients,
    close: async () => {
      for (const client of Object.values(clients)) client.destroy();
      await turnstile.close();
      server.kill('SIGKILL');
      await exited;
    },
  };
}

/** Reads the address that moto chose. Keeps reading afterwards, because a full pipe would block the server. */
function urlFrom(log: Interface): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    log.on('line', (line) => {
      const url = / \* Running on (http:\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
      said = `${said}\n${line}`.slice(-2_000);
    });
    log.once('close', () => reject(new Error(`moto_server does not start:${said}`)));
  });
}

function clientsFor(endpoint: string, region: string) {
  const options = { endpoint, region, credentials: { accessKeyId: 'emulated', secretAccessKey: 'emulated' } };
  return {
    cloudwatch: new CloudWatchClient(options),
    dynamodb: new DynamoDBClient(options),
    iam: new IAMClient(options),
    lambda: new LambdaClient(options),
    logs: new CloudWatchLogsClient(options),
    s3: new S3Client({ ...options, forcePathStyle: true }),
    sns: new SNSClient(options),
    sqs: new SQSClient(options),
  };
}
