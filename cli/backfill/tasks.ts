import { TooManyRequestsException } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { readableText } from '../../local/ui/readable.ts';
import type { InspectedPhoto } from '../photos/inspection.ts';
import { concurrently, paced } from '../pipeline/concurrently.ts';
import type { DeployedFunction } from '../pipeline/deployed-function.ts';

const RESULT_CODES = ['Succeeded', 'TemporaryFailure', 'PermanentFailure'] as const;

/** The function's answer for one photo, in the terms of S3 Batch Operations. */
export interface TaskResult {
  readonly key: string;
  readonly code: (typeof RESULT_CODES)[number];
  /** An outcome, a failure code or the reason of a temporary failure. */
  readonly detail: string;
}

/** The job that invocations belong to. */
interface Job {
  readonly bucketArn: string;
  readonly job: string;
}

export interface TaskOptions extends Job {
  /** Maximum invocations started per second. */
  readonly rate: number;
  /** Stops further invocations; those in progress are awaited. */
  readonly interruption: AbortSignal;
}

/** How long an invocation may take before the rate drops. */
const EXPECTED_SECONDS = 3;

/** The SDK keeps at most 50 connections, and new uploads also need concurrency of the function. */
const MAX_AT_ONCE = 50;

/** Invokes the function for each photo and yields the results in the order of the photos. */
export function runTasks(
  target: DeployedFunction,
  photos: AsyncIterable<InspectedPhoto>,
  { rate, interruption, ...job }: TaskOptions,
): AsyncGenerator<TaskResult> {
  const atOnce = Math.min(MAX_AT_ONCE, Math.ceil(rate * EXPECTED_SECONDS));
  return concurrently(paced(photos, rate, interruption), atOnce, ({ upload: { key } }) => invokeTask(target, key, job));
}

async function invokeTask(target: DeployedFunction, key: string, job: Job): Promise<TaskResult> {
  const payload = batchInvocation(key, job);
  try {
    const { answer, error } = await target.invoke(payload);
    const [result] = answerSchema.safeParse(answer).data?.results ?? [];
    if (result !== undefined) return { key, code: result.resultCode, detail: result.resultString };
    return { key, code: 'TemporaryFailure', detail: error ?? 'the function gave no result' };
  } catch (error) {
    if (!(error instanceof TooManyRequestsException)) throw error;
    return { key, code: 'TemporaryFailure', detail: 'the function has no concurrency left' };
  }
}

/**
 * Returns an invocation of S3 Batch Operations, schema 1.0 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html).
 * Without a version ID, the function processes the current version.
 */
function batchInvocation(key: string, { bucketArn, job }: Job): unknown {
  return {
    invocationSchemaVersion: '1.0',
    invocationId: crypto.randomUUID(),
    job: { id: job },
    tasks: [{ taskId: crypto.randomUUID(), s3Key: encodeURIComponent(key), s3VersionId: null, s3BucketArn: bucketArn }],
  };
}

const answerSchema = z.object({ results: z.array(z.object({ resultCode: z.enum(RESULT_CODES), resultString: z.string() })).length(1) });

/** Stops a backfill early, because a function that cannot start would fail for every photo in the bucket. */
const MAX_FAILURES_IN_A_ROW = 20;

/** Counts the results of a backfill. */
export class TaskCounts {
  readonly #counts = new Map<TaskResult['code'], Map<string, number>>();
  #done = 0;
  #failuresInARow = 0;
  /** Key of the last finished photo; all before it are finished, too. */
  lastKey = '';

  /** Number of finished photos. */
  get done(): number {
    return this.#done;
  }

  /** Whether to stop because the function itself seems broken. */
  get isHopeless(): boolean {
    return this.#failuresInARow >= MAX_FAILURES_IN_A_ROW;
  }

  /** Whether some photos have to be tried again. */
  get hasTemporaryFailures(): boolean {
    return this.#counts.has('TemporaryFailure');
  }

  add({ key, code, detail }: TaskResult): void {
    this.#done += 1;
    this.lastKey = key;
    this.#failuresInARow = code === 'TemporaryFailure' ? this.#failuresInARow + 1 : 0;
    const details = this.#counts.get(code) ?? new Map<string, number>();
    this.#counts.set(code, details.set(detail, (details.get(detail) ?? 0) + 1));
  }

  /** Returns a line for each result code: `Succeeded 12 (processed 10, duplicate 2)`. */
  summary(): string {
    if (this.#done === 0) return 'Nothing was invoked.';
    return [...this.#counts].map(([code, details]) => `${code} ${total(details)} (${listed(details)})`).join('\n');
  }
}

function total(details: ReadonlyMap<string, number>): string {
  return [...details.values()].reduce((sum, count) => sum + count, 0).toLocaleString('en');
}

/** Outcomes and failure codes are few; error messages of a broken function may be many. */
const MAX_REASONS = 8;

function listed(details: ReadonlyMap<string, number>): string {
  const reasons = [...details].slice(0, MAX_REASONS).map(([detail, count]) => `${readableText(detail)} ${count.toLocaleString('en')}`);
  return [...reasons, ...(details.size > MAX_REASONS ? [`and ${details.size - MAX_REASONS} more reasons`] : [])].join(', ');
}
