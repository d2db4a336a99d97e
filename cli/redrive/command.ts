import { setTimeout as delay } from 'node:timers/promises';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { ChangeMessageVisibilityCommand, DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { z } from 'zod';
import { positiveNumber, withFunctionOption } from '../pipeline/command-options.ts';
import { DeployedFunction } from '../pipeline/deployed-function.ts';
import { EXIT } from '../pipeline/operator-error.ts';

export interface RedriveOptions {
  /** Whether to invoke the function; otherwise the messages are only listed. */
  readonly apply: boolean;
  /** Messages a second at the most. */
  readonly rate: number;
}

/** What became of one dead letter. */
export interface Redriven {
  readonly keys: readonly string[];
  readonly result: 'listed' | 'redriven' | 'kept';
  /** How long it has been in the queue, in milliseconds; SQS deletes it after 14 days. */
  readonly age?: number | undefined;
  /** Why it is still in the queue. */
  readonly reason?: string;
}

/** Longer than a synchronous invocation can take, so that nobody else gets the message meanwhile. */
const VISIBILITY_SECONDS = 900 + 30;

/** SQS cannot show a message without handing it out, and leaves one that was handed out three times out of the metric of the oldest age. */
const LISTING_COSTS = `Each listing counts as receiving the messages. SQS leaves a message that was
received three times out of the metric behind the alarm "dead-letter-age"; the
alarm "dead-letter-depth" still counts it. The list shows the true ages.`;

/** Adds `redrive` to the operator's commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('redrive'))
    .description('Hand the dead-letter queue back to the function; without --apply the messages are only listed.')
    .addHelpText('after', `\n${LISTING_COSTS}`)
    .option('--apply', 'really invoke the function and delete what succeeded', false)
    .option('--rate <number>', 'messages a second at the most', positiveNumber, 5)
    .action(async (options: { function: string; apply: boolean; rate: number }) => {
      const counts = { listed: 0, redriven: 0, kept: 0 };
      for await (const letter of redrive(new DeployedFunction(options.function), options)) {
        counts[letter.result] += 1;
        console.log(lineOf(letter));
      }
      console.log(
        options.apply ? `${counts.redriven} redriven, ${counts.kept} kept.` : `${counts.listed} to redrive. Add --apply to redrive them.`,
      );
      process.exitCode = counts.kept > 0 ? EXIT.needsAttention : EXIT.inOrder;
    });
}

function lineOf({ keys, result, age, reason }: Redriven): string {
  const names = keys.map((key) => JSON.stringify(key)).join(', ') || 'no key';
  const notes = [age === undefined ? [] : `waiting for ${readableAge(age)}`, reason ?? []].flat();
  return `${result}  ${names}${notes.length === 0 ? '' : `  (${notes.join('; ')})`}`;
}

function readableAge(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  if (hours < 1) return 'less than an hour';
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

const deadLetterSchema = z.object({
  requestPayload: z.unknown().refine((payload) => payload !== undefined),
});
/** What EventBridge could not deliver: the event itself. */
const eventBridgeSchema = z.looseObject({ source: z.literal('aws.s3'), detail: z.object({ object: z.object({ key: z.string() }) }) });
const eventSchema = z.object({ Records: z.array(z.object({ s3: z.object({ object: z.object({ key: z.string() }) }) })) });
const answerSchema = z.object({ outcomes: z.array(z.object({ status: z.string(), inProgress: z.boolean().optional() })) });

/**
 * Hands the messages of the dead-letter queue back to the function, one after the other. A message is deleted only after its
 * event came to an end; whatever fails, or is still being worked on, stays in the queue.
 */
export async function* redrive(target: DeployedFunction, { apply, rate }: RedriveOptions): AsyncGenerator<Redriven> {
  // The queue is in the client's own region; an emulator's queue URLs often name a host that does not resolve.
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  const queue = await target.deadLetterQueueUrl();
  const kept = new Map<string | undefined, Message>();
  try {
    for (let message = await receive(sqs, queue); message !== undefined; message = await receive(sqs, queue)) {
      if (kept.has(message.MessageId)) {
        // Slow attempts at others have outlasted its absence; this receipt hides it again.
        kept.set(message.MessageId, message);
        continue;
      }
      const started = Date.now();
      const redriven = { ...(await handleMessage(message, target, apply)), age: ageOf(message, started) };
      if (redriven.result === 'redriven')
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: message.ReceiptHandle }));
      else kept.set(message.MessageId, message);
      yield redriven;
      if (apply) await delay(Math.max(0, 1000 / rate - (Date.now() - started)));
    }
  } finally {
    // Held back until now, so that the loop came to its end.
    await Promise.all(
      [...kept.values()].map(({ ReceiptHandle }) =>
        sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 0 })),
      ),
    );
    sqs.destroy();
  }
}

function ageOf({ Attributes }: Message, now: number): number | undefined {
  const sent = Number(Attributes?.SentTimestamp);
  return Number.isNaN(sent) ? undefined : now - sent;
}

async function receive(sqs: SQSClient, QueueUrl: string): Promise<Message | undefined> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 1,
      VisibilityTimeout: VISIBILITY_SECONDS,
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['SentTimestamp'],
    }),
  );
  return Messages[0];
}

async function handleMessage({ Body = '' }: Message, target: DeployedFunction, apply: boolean): Promise<Redriven> {
  const requestPayload = payloadOf(parseJson(Body));
  if (requestPayload === undefined) return { keys: [], result: 'kept', reason: 'it is not a dead letter of a function' };
  const keys = keysOf(requestPayload);
  if (!apply) return { keys, result: 'listed' };
  const reason = await reasonToKeep(requestPayload, target);
  return reason === undefined ? { keys, result: 'redriven' } : { keys, result: 'kept', reason };
}

/** The event in a dead letter, as Lambda wraps it or EventBridge leaves it. */
function payloadOf(body: unknown): unknown {
  return deadLetterSchema.safeParse(body).data?.requestPayload ?? eventBridgeSchema.safeParse(body).data;
}

function keysOf(payload: unknown): string[] {
  const ofEventBridge = eventBridgeSchema.safeParse(payload).data;
  if (ofEventBridge !== undefined) return [ofEventBridge.detail.object.key];
  return eventSchema.safeParse(payload).data?.Records.map(({ s3 }) => s3.object.key) ?? [];
}

async function reasonToKeep(payload: unknown, target: DeployedFunction): Promise<string | undefined> {
  const { FunctionError, Payload } = await target.lambda.send(
    new InvokeCommand({ FunctionName: target.name, Payload: JSON.stringify(payload) }),
  );
  const answer = parseJson(Buffer.from(Payload ?? []).toString());
  if (FunctionError !== undefined)
    return z.object({ errorMessage: z.string() }).safeParse(answer).data?.errorMessage ?? 'the function failed again';
  const outcomes = answerSchema.safeParse(answer).data?.outcomes;
  if (outcomes === undefined) return 'the function gave no outcomes';
  return outcomes.some(({ inProgress }) => inProgress)
    ? 'an earlier invocation may still be working on it; try again when its lease ran out'
    : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
