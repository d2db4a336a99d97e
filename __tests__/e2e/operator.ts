import { createServer } from 'node:http';
import { closeServer, listenOnLoopback } from '../../local/aws/loopback.ts';
import { serveLambda } from '../lambda-endpoint.ts';
import { forward } from './one-at-a-time.ts';
import type { WorkingPipeline } from './working-pipeline.ts';

/** A user's environment, for `npm` scripts and for other commands. */
export interface OperatorEnvironment {
  readonly scripts: Record<string, string>;
  readonly programs: Record<string, string>;
}

/** Prepares a user's environment whose scripts call the function in this process, because the emulated AWS runs none. */
export async function asOperator<Result>(
  { deployed, runner }: WorkingPipeline,
  work: (environment: OperatorEnvironment) => Promise<Result>,
): Promise<Result> {
  const { aws, function: code } = deployed;
  const { FunctionName: name, Environment } = code.configuration;
  const lambda = await serveLambda({
    name,
    environment: Environment.Variables,
    deadLetterQueueArn: code.deadLetterQueueArn,
    invoke: (event) => runner.invoke(event),
  });
  // The emulated AWS has the versions and the alias.
  const front = createServer((request, response) => {
    const target = /\/(invocations|configuration|event-invoke-config)\b/.test(request.url ?? '') ? lambda.url : aws.url;
    forward(target, request, response).catch(() => response.destroy());
  });
  const url = await listenOnLoopback(front);
  try {
    const programs = { AWS_REGION: aws.region, AWS_DEFAULT_REGION: aws.region, AWS_ENDPOINT_URL: aws.url };
    return await work({ programs, scripts: { ...programs, AWS_ENDPOINT_URL_LAMBDA: url } });
  } finally {
    await closeServer(front);
    await lambda.close();
  }
}
