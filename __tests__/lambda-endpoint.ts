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
  invoke(event: unknown): Promise<InvocationAnswer>;
}

/**
 * Serves the part of Lambda's HTTP API that the `pipeline` command uses, on loopback: Invoke, GetFunctionConfiguration and
 * GetFunctionEventInvokeConfig (https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html).
 */
export async function serveLambda(served: ServedFunction): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(served, request, response).catch(() => response.destroy());
  });
  return { url: await listenOnLoopback(server), close: () => closeServer(server) };
}

const PATH = /^\/20\d\d-\d\d-\d\d\/functions\/(?<name>[^/?]+)\/(?<what>invocations|configuration|event-invoke-config)/;

async function answer(served: ServedFunction, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { name, what } = PATH.exec(request.url ?? '')?.groups ?? {};
  if (name === undefined || decodeURIComponent(name) !== served.name) {
    response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' });
    response.end(JSON.stringify({ Message: `Function not found: ${name}` }));
  } else if (what === 'configuration') {
    response.end(JSON.stringify({ FunctionName: served.name, Environment: { Variables: served.environment } }));
  } else if (what === 'event-invoke-config') {
    response.end(JSON.stringify({ DestinationConfig: { OnFailure: { Destination: served.deadLetterQueueArn } } }));
  } else {
    await invoke(served, request, response);
  }
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
