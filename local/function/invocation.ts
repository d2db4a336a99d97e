import { z } from 'zod';

const functionErrorSchema = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()).optional(),
});
/** What went wrong, in Lambda's words. */
export type FunctionError = z.infer<typeof functionErrorSchema>;

/** What a worker process tells the runner. */
export const workerMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  /** The bundle could not be loaded. */
  z.object({ type: z.literal('unusable'), error: functionErrorSchema }),
  z.object({ type: z.literal('answered'), payload: z.unknown() }),
  z.object({ type: z.literal('failed'), error: functionErrorSchema }),
]);

/** What an invocation came to. */
export type InvocationAnswer =
  | { readonly status: 'answered'; readonly payload: unknown }
  | { readonly status: 'failed'; readonly error: FunctionError };

/** The error of an invocation that was ended at its timeout. */
export function timeoutError(requestId: string, timeoutMilliseconds: number): FunctionError {
  const seconds = (timeoutMilliseconds / 1000).toFixed(2);
  return { errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds` };
}

/** The error of an invocation whose process ended: it crashed, ran out of memory or was killed. */
export function exitError(requestId: string, ending: string): FunctionError {
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${ending}` };
}

/**
 * The message that Lambda leaves in a dead-letter queue as the on-failure destination of an asynchronous invocation
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

/** Writes the dead letter of an event that failed for the last time. */
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
