import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { z } from 'zod';
import { EXIT, interruptibly, positiveNumber, withFunctionOption } from '../pipeline/command-line.ts';
import { DeployedFunction } from '../pipeline/deployed-function.ts';

export interface RedriveOptions {
  /** Whether to invoke the function. Otherwise the messages are only listed. */
  readonly apply: boolean;
  /** Maximum messages per second. */
  readonly rate: number;
  /** Ends it before the next message. */
  readonly interruption?: AbortSignal;
}

/** The result for one dead letter. */
export interface Redriven {
  readonly keys: readonly string[];
  readonly result: 'listed' | 'redriven' | 'kept';
  /** Time in the queue, in milliseconds; SQS deletes it after 14 days. */
  readonly age?: number | undefined;
  /** Why it is still in the queue. */
  readonly reason?: string;
}

/** Longer than a synchronous invocation can take, so that no other receiver gets the message meanwhile. */
const VISIBILITY_SECONDS = 900 + 30;

/** SQS can show a message only by delivering it. */
const NOTES = `
Without --apply, the command receives every message and returns it to the queue.
SQS leaves a message that was received three times out of the metric behind the
alarm "dead-letter-age"; the alarm "dead-letter-depth" still counts it. The list
shows the true ages.

Needs lambda:GetFunctionEventInvokeConfig, sqs:GetQueueUrl, sqs:ReceiveMessage
and sqs:ChangeMessageVisibility; with --apply also
lambda:GetFunctionConfiguration, lambda:InvokeFunction and sqs:DeleteMessage.`;

/** Adds `redrive` to the commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('redrive'))
    .description('Invoke the function again with the events of the dead-letter queue. Without --apply, only list them.')
    .option('--apply', 'invoke the function, and delete the messages that succeed', false)
    .option('--rate <number>', 'maximum messages per second', positiveNumber, 5)
    .addHelpText('after', NOTES)
    .action(async (options: { function: string; apply: boolean; rate: number }) => {
      process.exitCode = await interruptibly((interruption) => redriveAll(options.function, { ...options, interruption }));
    });
}

async function redriveAll(name: string, options: RedriveOptions & { interruption: AbortSignal }): Promise<number> {
  const counts = { listed: 0, redriven: 0, kept: 0 };
  for await (const letter of redrive(new DeployedFunction(name), options)) {
    counts[letter.result] += 1;
    console.log(lineOf(letter));
  }
  console.log(
    options.apply ? `${counts.redriven} redriven, ${counts.kept} kept.` : `${counts.listed} to redrive. Add --apply to redrive them.`,
  );
  if (options.interruption.aborted) return EXIT.interrupted;
  return counts.kept > 0 ? EXIT.needsAttention : EXIT.inOrder;
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
/** An event that EventBridge could not deliver, which it sends to the queue as it is. */
const eventBridgeSchema = z.looseObject({ source: z.literal('aws.s3'), detail: z.object({ object: z.object({ key: z.string() }) }) });
const eventSchema = z.object({ Records: z.array(z.object({ s3: z.object({ object: z.object({ key: z.string() }) }) })) });
const answerSchema = z.object({ outcomes: z.array(z.object({ status: z.string(), inProgress: z.boolean().optional() })) });

/**
 * Invokes the function with each message of the dead-letter queue, one after the other. Deletes a message only after its event was handled;
 * events that fail again, or that another invocation is processing, stay in the queue.
 */
export async function* redrive(target: DeployedFunction, { apply, rate, interruption }: RedriveOptions): AsyncGenerator<Redriven> {
  const { sqs } = target;
  const queue = await target.deadLetterQueueUrl();
  /** Every message that was received and not deleted. */
  const kept = new Map<string | undefined, Message>();
  try {
    for (let message = await receive(sqs, queue); message !== undefined; message = await receive(sqs, queue)) {
      const isAgain = kept.has(message.MessageId);
      kept.set(message.MessageId, message);
      if (interruption?.aborted) return;
      // It reappeared because other messages took long. This receipt hides it again.
      if (isAgain) continue;
      const started = Date.now();
      const redriven = { ...(await handleMessage(message, target, apply)), age: ageOf(message, started) };
      if (redriven.result === 'redriven') {
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: message.ReceiptHandle }));
        kept.delete(message.MessageId);
      }
      yield redriven;
      if (apply) await delay(Math.max(0, 1000 / rate - (Date.now() - started)), undefined, { signal: interruption }).catch(() => {});
      if (interruption?.aborted) return;
    }
  } finally {
    // They stayed hidden until now, so that the loop could end.
    await Promise.all(
      [...kept.values()].map(({ ReceiptHandle }) =>
        sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 0 })),
      ),
    );
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

/** Returns the event in a dead letter, which Lambda wraps and EventBridge does not. */
function payloadOf(body: unknown): unknown {
  return deadLetterSchema.safeParse(body).data?.requestPayload ?? eventBridgeSchema.safeParse(body).data;
}

function keysOf(payload: unknown): string[] {
  const ofEventBridge = eventBridgeSchema.safeParse(payload).data;
  if (ofEventBridge !== undefined) return [ofEventBridge.detail.object.key];
  return eventSchema.safeParse(payload).data?.Records.map(({ s3 }) => s3.object.key) ?? [];
}

async function reasonToKeep(payload: unknown, target: DeployedFunction): Promise<string | undefined> {
  const { answer, error } = await target.invoke(payload);
  if (error !== undefined) return error;
  const outcomes = answerSchema.safeParse(answer).data?.outcomes;
  if (outcomes === undefined) return 'the function gave no outcomes';
  return outcomes.some(({ inProgress }) => inProgress)
    ? 'an earlier invocation may still be processing it; try again when its lease has expired'
    : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
