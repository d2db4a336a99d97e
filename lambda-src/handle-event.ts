import { announce, type Unannounced } from './announce.ts';
import { RECONCILIATION, resolveReconciled, resolveTask } from './backfill.ts';
import type { HandlerSettings } from './contract/environment.ts';
import type { Outcome } from './contract/outcome.ts';
import type { Dependencies, Invocation } from './dependencies.ts';
import { type BatchTask, batchResult, parseBatchInvocation } from './events/batch-task.ts';
import { type ParsedRecord, parseS3Event, reasonToIgnore } from './events/s3-event.ts';
import { type Processed, processUpload } from './process-upload.ts';
import { removeStaleRenditions } from './store-renditions.ts';
import { TransientFault } from './transient-fault.ts';

/** Everything the handler needs; built once per container. */
export interface HandlerParts {
  readonly settings: HandlerSettings;
  readonly dependencies: Dependencies;
  /** Maximum number of images to process at once. */
  readonly concurrency: number;
  /** Receives every outcome and every fault; must not throw. */
  readonly observer: {
    /** Receives the keys of an invocation. */
    received(keys: readonly string[]): void;
    /** @param sinceUpload milliseconds since the upload; only for the upload's own event */
    outcome(outcome: Outcome, milliseconds: number, sinceUpload?: number): void;
    /** Receives an effect that was counted before: its message is resumed, or its version became current again. */
    repeated(outcome: Outcome): void;
    fault(key: string, error: unknown): void;
  };
}

/** Some records of an event hit a system fault. Thrown after all other records are done, so that Lambda retries the event. */
export class UnfinishedEventError extends Error {
  readonly code = 'UNFINISHED_EVENT';
  override readonly name = 'UnfinishedEventError';
  constructor(unfinished: number, records: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.name : 'unknown fault';
    super(`${unfinished} of ${records} records hit a system fault (${reason}) and will be retried`, { cause });
  }
}

/**
 * Handles an invocation of the function: an S3 event or an S3 Batch Operations task.
 * @throws {UnfinishedEventError} if Lambda should retry an S3 event because of some of its records
 */
export async function handleEvent(payload: unknown, parts: HandlerParts, invocation: Invocation): Promise<unknown> {
  const batch = parseBatchInvocation(payload);
  if (batch === undefined) return { outcomes: await handleS3Event(payload, parts, invocation) };
  parts.observer.received(batch.tasks.map(({ key }) => key));
  const results: ReturnType<typeof batchResult>[] = [];
  await inOrderByKey(
    batch.tasks,
    ({ key }) => key,
    parts.concurrency,
    async (task, index) => {
      results[index] = await handleTask(task, parts, invocation);
    },
  );
  const { invocationSchemaVersion, invocationId } = batch.invocation;
  return { invocationSchemaVersion, treatMissingKeysAs: 'PermanentFailure', invocationId, results };
}

async function handleS3Event(payload: unknown, parts: HandlerParts, invocation: Invocation): Promise<Outcome[]> {
  const records = parseS3Event(payload, parts.settings, new Date(invocation.now()));
  parts.observer.received(records.map(recordKey));
  const reports: Unannounced[] = [];
  const faults: unknown[] = [];
  const outcomes: Outcome[] = [];
  const attempt = async (key: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      faults.push(error);
      parts.observer.fault(key, error);
    }
  };
  await inOrderByKey(records, recordKey, parts.concurrency, (record, index) =>
    attempt(recordKey(record), async () => {
      const { outcome, unannounced } = await handleRecord(record, parts, invocation);
      outcomes[index] = outcome;
      if (unannounced !== undefined) reports.push(unannounced);
    }),
  );
  await attempt('', () => announce(reports, parts.dependencies, invocation));
  if (faults.length > 0) throw new UnfinishedEventError(faults.length, records.length, faults[0]);
  return outcomes;
}

function recordKey(record: ParsedRecord): string {
  return record.kind === 'upload' ? record.event.key : record.key;
}

/** Processes one record. If messages are reports, the caller announces the effect. */
async function handleRecord(record: ParsedRecord, parts: HandlerParts, invocation: Invocation): Promise<Processed> {
  if (record.kind === 'ignored') {
    return observed(parts, 0, { outcome: { status: 'ignored', key: record.key, reason: record.reason }, counted: true });
  }
  const started = invocation.now();
  const { dependencies } = parts;
  const event = record.event.kind === 'reconciled' ? await resolveReconciled(record.event, dependencies) : record.event;
  const processed = await processUpload(event, dependencies, invocation);
  if (event.job === RECONCILIATION && isUnsettled(processed.outcome)) {
    throw new TransientFault('Contention', 'another event was processed meanwhile, perhaps of an older version: look again');
  }
  const { kind, time } = record.event;
  const now = invocation.now();
  // The clocks of S3 and Lambda may differ.
  observed(parts, now - started, processed, kind === 'created' ? Math.max(0, now - time.getTime()) : undefined);
  if (processed.unannounced === undefined || parts.dependencies.messageForm === 'report') return processed;
  await announce([processed.unannounced], parts.dependencies, invocation);
  return { outcome: processed.outcome, counted: processed.counted };
}

/** Whether the event of a reconciliation may have left the current version without an effect. The event of that version may be lost. */
function isUnsettled(outcome: Outcome): boolean {
  return outcome.status === 'superseded' || (outcome.status === 'duplicate' && outcome.inProgress);
}

async function handleTask(task: BatchTask, parts: HandlerParts, invocation: Invocation): Promise<ReturnType<typeof batchResult>> {
  const started = invocation.now();
  try {
    const processed = await processTask(task, parts, invocation);
    return batchResult(task.taskId, observed(parts, invocation.now() - started, processed).outcome);
  } catch (error) {
    parts.observer.fault(task.key, error);
    return batchResult(task.taskId, 'transient');
  }
}

async function processTask(task: BatchTask, { settings, dependencies }: HandlerParts, invocation: Invocation): Promise<Processed> {
  const reason = reasonToIgnore('backfill', task.bucket, task.key, settings);
  if (reason !== undefined) return { outcome: { status: 'ignored', key: task.key, reason }, counted: true };
  const event = await resolveTask(task, dependencies);
  if (!('status' in event)) return processUpload(event, dependencies, invocation);
  // An earlier attempt of this task may have stored renditions before it died.
  await removeStaleRenditions({ event: task, run: invocation.run }, dependencies);
  return { outcome: event, counted: true };
}

function observed({ observer }: HandlerParts, milliseconds: number, processed: Processed, sinceUpload?: number): Processed {
  if (processed.counted) observer.outcome(processed.outcome, milliseconds, sinceUpload);
  else observer.repeated(processed.outcome);
  return processed;
}

/**
 * Processes items concurrently, but items with the same key one after another: an event may contain a key twice, and an invocation must
 * not race against itself under one request ID.
 */
export async function inOrderByKey<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  concurrency: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const queues = new Map<string, number[]>();
  items.forEach((item, index) => {
    queues.set(keyOf(item), [...(queues.get(keyOf(item)) ?? []), index]);
  });
  const waiting = queues.values();
  const worker = async (): Promise<void> => {
    for (const queue of waiting) {
      for (const index of queue) await work(items[index] as Item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, worker));
}
