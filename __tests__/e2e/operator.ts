import { serveLambda } from '../../local/aws/lambda-endpoint.ts';
import type { WorkingPipeline } from './working-pipeline.ts';

/** The environment of an operator: of `npm` scripts, and of everything else. */
export interface OperatorEnvironment {
  readonly scripts: Record<string, string>;
  readonly programs: Record<string, string>;
}

/** Has an operator at work, whose scripts reach the function that runs here: the emulated AWS runs none. */
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
  try {
    const programs = { AWS_REGION: aws.region, AWS_DEFAULT_REGION: aws.region, AWS_ENDPOINT_URL: aws.url };
    return await work({ programs, scripts: { ...programs, AWS_ENDPOINT_URL_LAMBDA: lambda.url } });
  } finally {
    await lambda.close();
  }
}
