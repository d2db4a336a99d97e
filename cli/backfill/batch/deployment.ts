import {
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { BATCH_JOBS, batchFunctionName } from '../../../config/batch-jobs.ts';
import { fromEnvironment, type HandlerSettings } from '../../../lambda-src/contract/environment.ts';
import { OperatorError } from '../../pipeline/command-line.ts';

/** What a deployment with `batchJobs` offers to jobs. */
export interface BatchDeployment {
  /** Name of the function that processes uploads. */
  readonly functionName: string;
  readonly settings: HandlerSettings;
  readonly account: string;
  readonly partition: string;
  /** ARN of the function that jobs invoke. */
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly architecture: 'arm64' | 'x86_64';
  /** Concurrent executions that jobs have to themselves; undefined without a reservation. */
  readonly concurrency: number | undefined;
  readonly roleArn: string;
  /** Bucket of the lists and reports. */
  readonly bucket: string;
}

const configurationSchema = z.object({
  FunctionArn: z.string(),
  MemorySize: z.number(),
  Architectures: z.tuple([z.enum(['arm64', 'x86_64'])]),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
});

/**
 * Finds what `batchJobs` added to the deployment of a function.
 * @throws {OperatorError} when the deployment has no batch jobs
 */
export async function findBatchDeployment(functionName: string): Promise<BatchDeployment> {
  const lambda = new LambdaClient({});
  const FunctionName = batchFunctionName(functionName);
  const [answer, { ReservedConcurrentExecutions: concurrency }] = await Promise.all([
    lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
    lambda.send(new GetFunctionConcurrencyCommand({ FunctionName })),
  ]).catch((cause: unknown) => {
    if (!(cause instanceof ResourceNotFoundException)) throw cause;
    throw new OperatorError(
      `There is no function "${FunctionName}" in this account and region, so "${functionName}" has no batch jobs. Set \`batchJobs: true\` in ` +
        'config/deployments.ts and deploy, or check --function: the output `function_name` has the name.',
      { cause },
    );
  });
  const { FunctionArn, MemorySize, Architectures, Environment } = configurationSchema.parse(answer);
  const [, partition = 'aws', , , account = ''] = FunctionArn.split(':');
  const { [BATCH_JOBS.roleVariable]: roleArn = '', [BATCH_JOBS.bucketVariable]: bucket = '' } = Environment.Variables;
  return {
    functionName,
    settings: fromEnvironment(Environment.Variables),
    account,
    partition,
    functionArn: FunctionArn,
    memoryMb: MemorySize,
    architecture: Architectures[0],
    concurrency,
    roleArn,
    bucket,
  };
}
