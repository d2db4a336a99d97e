import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { DeployedFunction } from '../../../cli/pipeline/deployed-function.ts';
import { type Redriven, redrive, register } from '../../../cli/redrive/command.ts';
import { closeServer, listenOnLoopback } from '../../../local/aws/loopback.ts';
import type { InvocationAnswer } from '../../../local/function/invocation.ts';
import { type ServedFunction, serveLambda } from '../../lambda-endpoint.ts';
import { run } from '../pipeline/test-deployment.ts';

const NAME = 'image-processor';
const Body = JSON.stringify({ requestPayload: { Records: [] } });
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const THREE_DAYS = 3 * 24 * 3_600_000;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** Serves a queue that delivers these messages in order. Returns the receipts of the messages that were returned to it. */
async function queueOf(
  deliveries: readonly { MessageId: string; ReceiptHandle: string; Body?: string }[],
  onReceive: (waiting: number) => void = () => {},
  invoke: ServedFunction['invoke'] = () => Promise.reject(new Error('unused')),
): Promise<string[]> {
  const waiting = [...deliveries];
  const returned: string[] = [];
  const answer = (operation: string, input: { ReceiptHandle?: string; MessageSystemAttributeNames?: string[] }): unknown => {
    if (operation === 'GetQueueUrl') return { QueueUrl: `${queueUrl}/000000000000/dead-letters` };
    if (operation === 'ChangeMessageVisibility') returned.push(input.ReceiptHandle ?? '');
    if (operation !== 'ReceiveMessage') return {};
    onReceive(waiting.length);
    const next = waiting.shift();
    const sent = input.MessageSystemAttributeNames?.includes('SentTimestamp') ? { SentTimestamp: String(Date.now() - THREE_DAYS) } : {};
    return next === undefined ? {} : { Messages: [{ Body, ...next, MD5OfBody: md5(next.Body ?? Body), Attributes: sent }] };
  };
  const server = createServer(async (request: IncomingMessage, response) => {
    const operation = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
    const input = JSON.parse(Buffer.concat(await request.toArray()).toString());
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer(operation, input)));
  });
  const queueUrl = await listenOnLoopback(server);
  const deadLetterQueueArn = 'arn:aws:sqs:us-east-1:000000000000:dead-letters';
  const lambda = await serveLambda({ name: NAME, environment: {}, deadLetterQueueArn, invoke });
  closing.push(() => closeServer(server), lambda.close);
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_LAMBDA: lambda.url,
    AWS_ENDPOINT_URL_SQS: queueUrl,
  });
  return returned;
}

test('a kept message that reappears is skipped, and returned to the queue with its newest receipt', async () => {
  const returned = await queueOf([
    { MessageId: 'one', ReceiptHandle: 'one, first' },
    { MessageId: 'one', ReceiptHandle: 'one, again' },
    { MessageId: 'two', ReceiptHandle: 'two, first' },
  ]);

  const listed: Redriven[] = [];
  for await (const letter of redrive(new DeployedFunction(NAME), { apply: false, rate: 100 })) listed.push(letter);

  expect(listed).toHaveLength(2);
  expect(returned.toSorted()).toEqual(['one, again', 'two, first']);
});

test('a listing shows the age of each message, which the metric omits after three listings', async () => {
  await queueOf([{ MessageId: 'one', ReceiptHandle: 'one' }]);

  const listed: Redriven[] = [];
  for await (const letter of redrive(new DeployedFunction(NAME), { apply: false, rate: 100 })) listed.push(letter);

  expect(listed[0]?.age).toBeGreaterThanOrEqual(THREE_DAYS);
  expect(listed[0]?.age).toBeLessThan(THREE_DAYS + 60_000);
});

test('an event that EventBridge could not deliver is also a dead letter, and its key is not decoded', async () => {
  const event = { source: 'aws.s3', 'detail-type': 'Object Created', detail: { object: { key: 'a+b 100%.jpg' } } };
  await queueOf([
    { MessageId: 'one', ReceiptHandle: 'one', Body: JSON.stringify(event) },
    { MessageId: 'two', ReceiptHandle: 'two', Body: JSON.stringify({ source: 'aws.ec2', detail: {} }) },
  ]);

  const listed: Redriven[] = [];
  for await (const letter of redrive(new DeployedFunction(NAME), { apply: false, rate: 100 })) listed.push(letter);

  expect(listed).toMatchObject([
    { result: 'listed', keys: ['a+b 100%.jpg'] },
    { result: 'kept', reason: 'it is not a dead letter of a function' },
  ]);
});

test('Ctrl-C returns the messages received so far to the queue, and leaves the others in it', async () => {
  const returned = await queueOf(
    ['one', 'two', 'three'].map((MessageId) => ({ MessageId, ReceiptHandle: MessageId })),
    (waiting) => {
      if (waiting === 2) process.emit('SIGINT');
    },
  );

  const { code } = await run(register, 'redrive', '--function', NAME);

  expect(code).toBe(130);
  expect(returned.toSorted()).toEqual(['one', 'two']);
});

test('Ctrl-C during an invocation waits for its outcome, and returns every message that was not redriven', async () => {
  const answers: InvocationAnswer[] = [
    { status: 'answered', payload: { outcomes: [] } },
    { status: 'failed', error: { errorType: 'Error', errorMessage: 'S3 does not answer' } },
  ];
  const returned = await queueOf(
    ['one', 'two', 'three'].map((MessageId) => ({ MessageId, ReceiptHandle: MessageId })),
    undefined,
    async () => {
      const answer = answers.shift();
      if (answer?.status !== 'failed') return answer ?? Promise.reject(new Error('no third message is redriven'));
      process.emit('SIGINT');
      return answer;
    },
  );

  const { code } = await run(register, 'redrive', '--function', NAME, '--apply', '--rate', '1000');

  expect(code).toBe(130);
  expect(returned).toEqual(['two']);
});

test('a message whose invocation AWS refuses is returned to the queue', async () => {
  const returned = await queueOf([{ MessageId: 'one', ReceiptHandle: 'one' }]);

  await expect(run(register, 'redrive', '--function', NAME, '--apply')).rejects.toThrow();

  expect(returned).toEqual(['one']);
});
