import { z } from 'zod';

const functionErrorSchema = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()).optional(),
});
/** An error in Lambda's format. */
export type FunctionError = z.infer<typeof functionErrorSchema>;

/** A message from a worker process to the runner. */
export const workerMessageSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('ready') }),
  /** The bundle could not be loaded. */
  z.object({ status: z.literal('unusable'), error: functionErrorSchema }),
  z.object({ status: z.literal('answered'), payload: z.unknown() }),
  z.object({ status: z.literal('failed'), error: functionErrorSchema }),
]);

/** The outcome of an invocation. */
export type InvocationAnswer = Extract<z.infer<typeof workerMessageSchema>, { status: 'answered' | 'failed' }>;

/** Returns the error of an invocation that timed out. */
export function timeoutError(requestId: string, timeoutMilliseconds: number): FunctionError {
  const seconds = (timeoutMilliseconds / 1000).toFixed(2);
  return { errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds` };
}

/** Returns the error of an invocation whose process crashed, ran out of memory or was killed. */
export function exitError(requestId: string, ending: string): FunctionError {
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${ending}` };
}

export type DeadLetter = ReturnType<typeof deadLetter>;

/**
 * Builds the message that Lambda sends to the on-failure destination for an asynchronous invocation that failed after all retries
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
 */
export function deadLetter(failed: {
  readonly functionArn: string;
  readonly requestId: string;
  readonly event: unknown;
  readonly attempts: number;
  readonly error: FunctionError;
}) {
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: failed.requestId,
      functionArn: `${failed.functionArn}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: failed.attempts,
    },
    requestPayload: failed.event,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: failed.error,
  } as const;
}
