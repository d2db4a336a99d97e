import * as z from 'zod/mini';
import { decodeKey } from '../contract/object-key.ts';
import type { Outcome } from '../contract/outcome.ts';

/** An S3 Batch Operations invocation (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html). */
const invocationSchema = z.object({
  invocationSchemaVersion: z.enum(['1.0', '2.0']),
  invocationId: z.string(),
  job: z.object({ id: z.string() }),
  tasks: z
    .array(
      z.object({
        taskId: z.string(),
        s3Key: z.string(),
        s3VersionId: z.nullish(z.string()),
        /** Schema 1.0 */
        s3BucketArn: z.optional(z.string()),
        /** Schema 2.0 */
        s3Bucket: z.optional(z.string()),
      }),
    )
    .check(z.minLength(1)),
});
export type BatchInvocation = z.infer<typeof invocationSchema>;

/** One object for the function to process. */
export interface BatchTask {
  readonly taskId: string;
  readonly job: string;
  readonly bucket: string;
  /** Decoded, or as received if it is malformed. */
  readonly key: string;
  readonly malformedKey: boolean;
  readonly versionId?: string | undefined;
}

/** Parses a batch invocation; returns undefined if the payload is something else. */
export function parseBatchInvocation(payload: unknown): { invocation: BatchInvocation; tasks: BatchTask[] } | undefined {
  if (typeof payload !== 'object' || payload === null || !('invocationSchemaVersion' in payload)) return undefined;
  const invocation = invocationSchema.parse(payload);
  const tasks = invocation.tasks.map((task) => ({
    taskId: task.taskId,
    job: invocation.job.id,
    bucket: task.s3Bucket ?? task.s3BucketArn?.split(':::').at(1) ?? '',
    key: decodeKey(task.s3Key) ?? task.s3Key,
    malformedKey: decodeKey(task.s3Key) === undefined,
    versionId: task.s3VersionId || undefined,
  }));
  return { invocation, tasks };
}

export type BatchResultCode = 'Succeeded' | 'TemporaryFailure' | 'PermanentFailure';

/** Converts an outcome to the result of a task. An outcome that a retry may change is a temporary failure. */
export function batchResult(
  taskId: string,
  outcome: Outcome | 'transient',
): { taskId: string; resultCode: BatchResultCode; resultString: string } {
  if (outcome === 'transient') return { taskId, resultCode: 'TemporaryFailure', resultString: 'transient fault, see the log' };
  switch (outcome.status) {
    case 'failed':
      return { taskId, resultCode: 'PermanentFailure', resultString: outcome.failureCode };
    case 'gone':
      return { taskId, resultCode: 'PermanentFailure', resultString: 'gone' };
    case 'duplicate':
      return { taskId, resultCode: outcome.inProgress ? 'TemporaryFailure' : 'Succeeded', resultString: 'duplicate' };
    default:
      return { taskId, resultCode: 'Succeeded', resultString: outcome.status };
  }
}
