import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { makeClients } from './adapters/aws-clients.ts';
import { fromEnvironment } from './contract/environment.ts';
import { handleEvent } from './handle-event.ts';
import { configureSharp } from './image/sharp.ts';
import { Observer } from './observer.ts';
import { wire } from './wire.ts';

const memoryMb = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 1024);
configureSharp(memoryMb);
const observer = new Observer(process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'image-processor');
const parts = wire(fromEnvironment(process.env), makeClients(), observer, memoryMb);

/** Lambda's entry point. */
export async function handler(event: unknown, context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>): Promise<unknown> {
  observer.begin(context.awsRequestId);
  try {
    return await handleEvent(event, parts, {
      owner: context.awsRequestId,
      run: randomUUID(),
      now: Date.now,
      remainingMilliseconds: () => context.getRemainingTimeInMillis(),
      timeoutMilliseconds: context.getRemainingTimeInMillis(),
    });
  } finally {
    observer.end();
  }
}
