import { z } from 'zod';

const functionErrorSchema = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()).optional(),
});
/** An error in Lambda's format. */
export type FunctionError = z.infer<typeof functionErrorSchema>;

/** A message from a worker process to the runner. */
export const workerMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  /** The bundle could not be loaded. */
  z.object({ type: z.literal('unusable'), error: functionErrorSchema }),
  z.object({ type: z.literal('answered'), payload: z.unknown() }),
  z.object({ type: z.literal('failed'), error: functionErrorSchema }),
]);

/** The outcome of an invocation. */
export type InvocationAnswer =
  | { readonly status: 'answered'; readonly payload: unknown }
  | { readonly status: 'failed'; readonly error: FunctionError };

/** Returns the error of an invocation that timed out. */
export function timeoutError(requestId: string, timeoutMilliseconds: number): FunctionError {
  const seconds = (timeoutMilliseconds / 1000).toFixed(2);
  return { errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds` };
}

/** Returns the error of an invocation whose process crashed, ran out of memory or was killed. */
export function exitError(requestId: string, ending: string): FunctionError {
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${ending}` };
}

/**
 * The message that Lambda sends to the on-failure destination of an asynchronous invocation
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
 */
export interface DeadLetter {
  readonly version: '1.0';
  readonly timestamp: string;
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: 'RetriesExhausted';
    readonly approximateInvokeCount: number;
  };
  readonly requestPayload: unknown;
  readonly responseContext: { readonly statusCode: 200; readonly executedVersion: '$LATEST'; readonly functionError: 'Unhandled' };
  readonly responsePayload: FunctionError;
}

/** Builds the dead letter of an event that failed after all retries. */
export function deadLetter(failed: {
  readonly functionArn: string;
  readonly requestId: string;
  readonly event: unknown;
  readonly attempts: number;
  readonly error: FunctionError;
}): DeadLetter {
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
  };
}
