import { announceImage, announceReport, type Pending } from './announce.ts';
import type { HandlerSettings } from './contract/environment.ts';
import type { Outcome } from './contract/outcome.ts';
import { type BatchTask, batchResult, parseBatchInvocation } from './events/batch-task.ts';
import { type ParsedRecord, parseS3Event, reasonToIgnore } from './events/s3-event.ts';
import { inOrderByKey } from './in-order-by-key.ts';
import type { Notifier } from './ports.ts';
import { type Invocation, type Processed, processUpload, type Workshop } from './process-upload.ts';
import { resolveTask } from './resolve-task.ts';

/** What the handler is wired with, once per container. */
export interface HandlerParts {
  readonly settings: HandlerSettings;
  readonly workshop: Workshop;
  readonly notifier: Notifier;
  /** Images that may be worked on at once. */
  readonly concurrency: number;
  /** Sees every outcome and every fault; must not throw. */
  readonly observer: {
    outcome(outcome: Outcome, milliseconds: number): void;
    fault(key: string, error: unknown): void;
  };
}

/** Some records of an event met a fault of the system; thrown after all others were finished, so that Lambda retries the event. */
export class UnfinishedEventError extends Error {
  readonly code = 'UNFINISHED_EVENT';
  override readonly name = 'UnfinishedEventError';
  constructor(unfinished: number, records: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.name : 'unknown fault';
    super(`${unfinished} of ${records} records met a fault of the system (${reason}) and will be tried again`, { cause });
  }
}

/**
 * Handles whatever Lambda was invoked with: an S3 event or an S3 Batch Operations task.
 * @throws {UnfinishedEventError} after an S3 event of which some records should be tried again
 */
export async function handleEvent(payload: unknown, parts: HandlerParts, invocation: Invocation): Promise<unknown> {
  const batch = parseBatchInvocation(payload);
  if (batch === undefined) return { outcomes: await handleS3Event(payload, parts, invocation) };
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
  const reports: Pending[] = [];
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
      const { outcome, pending } = await handleRecord(record, parts, invocation);
      outcomes[index] = outcome;
      if (pending !== undefined) reports.push(pending);
    }),
  );
  await attempt('', () => announceReport(reports, voiceOf(parts)));
  if (faults.length > 0) throw new UnfinishedEventError(faults.length, records.length, faults[0]);
  return outcomes;
}

function recordKey(record: ParsedRecord): string {
  return record.kind === 'upload' ? record.event.key : record.key;
}

/** One record; with a report still to be made, its announcement is left to the caller. */
async function handleRecord(record: ParsedRecord, parts: HandlerParts, invocation: Invocation): Promise<Processed> {
  if (record.kind === 'ignored') return observed(parts, 0, { outcome: { status: 'ignored', key: record.key, reason: record.reason } });
  const started = invocation.now();
  const processed = await processUpload(record.event, parts.workshop, invocation);
  observed(parts, invocation.now() - started, processed);
  if (processed.pending === undefined || parts.settings.publish.includes('report')) return processed;
  await announceImage(processed.pending, voiceOf(parts));
  return { outcome: processed.outcome };
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

async function processTask(task: BatchTask, { settings, workshop }: HandlerParts, invocation: Invocation): Promise<Processed> {
  const reason = reasonToIgnore('backfill', task.bucket, task.key, settings);
  if (reason !== undefined) return { outcome: { status: 'ignored', key: task.key, reason } };
  const event = await resolveTask(task, workshop);
  return 'status' in event ? { outcome: event } : processUpload(event, workshop, invocation);
}

function observed(parts: HandlerParts, milliseconds: number, processed: Processed): Processed {
  // What is resumed was counted by the invocation that committed it.
  if (!processed.resumed) parts.observer.outcome(processed.outcome, milliseconds);
  return processed;
}

function voiceOf({ workshop, notifier, settings }: HandlerParts) {
  return { ledger: workshop.ledger, notifier, preset: settings.preset };
}
