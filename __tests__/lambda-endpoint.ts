import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { closeServer, listenOnLoopback } from '../local/aws/loopback.ts';
import type { InvocationAnswer } from '../local/function/invocation.ts';

/** A function that this endpoint serves. */
export interface ServedFunction {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** ARN of the queue for events that failed after all retries. */
  readonly deadLetterQueueArn: string;
  /** Default: 1,024 MB. */
  readonly memoryMb?: number;
  /** Default: none. */
  readonly reservedConcurrency?: number;
  invoke(event: unknown): Promise<InvocationAnswer>;
}

/**
 * Serves the part of Lambda's HTTP API that the `pipeline` command uses, on loopback: Invoke, GetFunctionConfiguration, GetFunctionConcurrency and
 * GetFunctionEventInvokeConfig (https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html).
 */
export async function serveLambda(...functions: readonly ServedFunction[]): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(functions, request, response).catch(() => response.destroy());
  });
  return { url: await listenOnLoopback(server), close: () => closeServer(server) };
}

const PATH = /^\/20\d\d-\d\d-\d\d\/functions\/(?<name>[^/?]+)\/(?<what>invocations|configuration|concurrency|event-invoke-config)/;

async function answer(functions: readonly ServedFunction[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { name, what } = PATH.exec(request.url ?? '')?.groups ?? {};
  const served = functions.find((one) => one.name === decodeURIComponent(name ?? ''));
  if (served === undefined) {
    response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' });
    response.end(JSON.stringify({ Message: `Function not found: ${name}` }));
  } else if (what === 'configuration') {
    response.end(JSON.stringify(configurationOf(served)));
  } else if (what === 'concurrency') {
    response.end(JSON.stringify({ ReservedConcurrentExecutions: served.reservedConcurrency }));
  } else if (what === 'event-invoke-config') {
    response.end(JSON.stringify({ DestinationConfig: { OnFailure: { Destination: served.deadLetterQueueArn } } }));
  } else {
    await invoke(served, request, response);
  }
}

function configurationOf({ name, environment, deadLetterQueueArn, memoryMb = 1024 }: ServedFunction): object {
  const [, partition, , region, account] = deadLetterQueueArn.split(':');
  return {
    FunctionName: name,
    FunctionArn: `arn:${partition}:lambda:${region}:${account}:function:${name}`,
    MemorySize: memoryMb,
    Architectures: ['arm64'],
    Environment: { Variables: environment },
  };
}

async function invoke(served: ServedFunction, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const event: unknown = z.json().parse(JSON.parse(Buffer.concat(await request.toArray()).toString() || 'null'));
  const answered = await served.invoke(event);
  if (answered.status === 'answered') {
    response.end(JSON.stringify(answered.payload ?? null));
  } else {
    response.writeHead(200, { 'x-amz-function-error': 'Unhandled' });
    response.end(JSON.stringify(answered.error));
  }
}
