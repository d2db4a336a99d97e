import { Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { parse } from 'csv-parse';
import { z } from 'zod';
import { BATCH_JOBS } from '../../../config/batch-jobs.ts';
import { httpStatusOf } from '../../../lambda-src/adapters/s3-answers.ts';
import { decodeKey } from '../../../lambda-src/contract/object-key.ts';
import { readableText } from '../../../local/ui/readable.ts';

/** Photos that failed for the same reason. */
interface FailedPhotos {
  readonly count: number;
  /** The first keys; the others are only counted. */
  readonly keys: readonly string[];
}

/** What the report of a job says about the photos that failed, by the function's answer or S3's error, most frequent first. */
export type JobReport = ReadonlyMap<string, FailedPhotos>;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html */
const manifestSchema = z.object({
  Results: z.array(z.object({ Bucket: z.string(), Key: z.string() })),
  ReportSchema: z.string(),
});

/** Returns the key of the file that lists the parts of a job's report. */
export function reportKey(jobId: string): string {
  return `${BATCH_JOBS.reportPrefix}job-${jobId}/manifest.json`;
}

/**
 * Reads the report of a job that has ended, a line at a time. Returns undefined if there is none: S3 writes one only if it invoked the function at
 * least once.
 */
export async function readReport(s3: S3Client, bucket: string, jobId: string): Promise<JobReport | undefined> {
  const manifest = await textOf(s3, bucket, reportKey(jobId));
  if (manifest === undefined) return undefined;
  const { Results, ReportSchema } = manifestSchema.parse(JSON.parse(manifest));
  const columns = ReportSchema.split(',').map((column) => column.trim());
  const failures = new Failures();
  for (const { Bucket, Key } of Results) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    if (!(Body instanceof Readable)) continue;
    // Messages may hold quotes that are not doubled.
    for await (const row of Body.pipe(parse({ columns, relax_quotes: true, relax_column_count: true }))) failures.add(rowSchema.parse(row));
  }
  return failures.mostFrequentFirst();
}

/** A line of the report. The examples of AWS disagree on the order of the status and the error code. */
const rowSchema = z.object({
  Key: z.string(),
  TaskStatus: z.string(),
  ErrorCode: z.string().default(''),
  HTTPStatusCode: z.string().default(''),
  ResultMessage: z.string().default(''),
});

/** The function gives a few reasons; the errors of a broken one may all differ. */
const MAX_REASONS = 20;
const OTHER_REASONS = 'other reasons';
const MAX_REASON_LENGTH = 80;
const KEPT_KEYS = 3;

class Failures {
  readonly #byReason = new Map<string, FailedPhotos>();

  add({ Key, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage }: z.infer<typeof rowSchema>): void {
    if (TaskStatus !== 'failed') return;
    const code = [ErrorCode, HTTPStatusCode].find((text) => /[a-z]/i.test(text)) ?? 'no reason given';
    const reason = this.#known(readableText(ResultMessage || code).slice(0, MAX_REASON_LENGTH));
    const { count, keys } = this.#byReason.get(reason) ?? { count: 0, keys: [] };
    // Keys are URL-encoded, as in a manifest.
    this.#byReason.set(reason, { count: count + 1, keys: count < KEPT_KEYS ? [...keys, decodeKey(Key) ?? Key] : keys });
  }

  mostFrequentFirst(): JobReport {
    return new Map([...this.#byReason].sort(([, a], [, b]) => b.count - a.count));
  }

  #known(reason: string): string {
    return this.#byReason.has(reason) || this.#byReason.size < MAX_REASONS ? reason : OTHER_REASONS;
  }
}

async function textOf(s3: S3Client, Bucket: string, Key: string): Promise<string | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return await Body?.transformToString();
  } catch (error) {
    // Without s3:ListBucket, S3 responds with 403 for a missing key.
    if (error instanceof NoSuchKey || httpStatusOf(error) === 403) return undefined;
    throw error;
  }
}
