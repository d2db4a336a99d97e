import { InvokeCommand, TooManyRequestsException } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import type { DeployedFunction } from '../pipeline/deployed-function.ts';

const RESULT_CODES = ['Succeeded', 'TemporaryFailure', 'PermanentFailure'] as const;

/** What the function answered for one photo, in the words of S3 Batch Operations. */
export interface TaskResult {
  readonly key: string;
  readonly code: (typeof RESULT_CODES)[number];
  /** An outcome, a failure code or the reason of a temporary failure. */
  readonly detail: string;
}

const answerSchema = z.object({ results: z.array(z.object({ resultCode: z.enum(RESULT_CODES), resultString: z.string() })).length(1) });
const errorSchema = z.object({ errorMessage: z.string() });

/** Asks the function to process one photo, as S3 Batch Operations would. */
export async function invokeTask(
  target: DeployedFunction,
  { key, bucketArn, job }: { readonly key: string; readonly bucketArn: string; readonly job: string },
): Promise<TaskResult> {
  const payload = batchInvocation(key, bucketArn, job);
  try {
    const answer = await target.lambda.send(new InvokeCommand({ FunctionName: target.name, Payload: JSON.stringify(payload) }));
    return { key, ...resultOf(JSON.parse(Buffer.from(answer.Payload ?? []).toString() || 'null')) };
  } catch (error) {
    if (!(error instanceof TooManyRequestsException)) throw error;
    return { key, code: 'TemporaryFailure', detail: 'the function has no concurrency left' };
  }
}

/** Schema 1.0 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html); without a version, what stands there now is processed. */
function batchInvocation(key: string, bucketArn: string, job: string): unknown {
  return {
    invocationSchemaVersion: '1.0',
    invocationId: crypto.randomUUID(),
    job: { id: job },
    tasks: [{ taskId: crypto.randomUUID(), s3Key: encodeURIComponent(key), s3VersionId: null, s3BucketArn: bucketArn }],
  };
}

/** An answer that is no result is that of an invocation that failed as a whole. */
function resultOf(answer: unknown): Omit<TaskResult, 'key'> {
  const [result] = answerSchema.safeParse(answer).data?.results ?? [];
  if (result !== undefined) return { code: result.resultCode, detail: result.resultString };
  return { code: 'TemporaryFailure', detail: errorSchema.safeParse(answer).data?.errorMessage ?? 'the function gave no result' };
}
