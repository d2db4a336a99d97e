import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { serveLambda } from '../../local/lambda-endpoint.ts';
import type { WorkingPipeline } from './working-pipeline.ts';

const execute = promisify(execFile);

/** Runs `npm run pipeline -- redrive` as an operator would and gives what it prints. */
export async function redrive({ deployed, runner }: WorkingPipeline, options: readonly string[]): Promise<string> {
  const { aws, function: code } = deployed;
  const { FunctionName: name, Environment } = code.configuration;
  const lambda = await serveLambda({
    name,
    environment: Environment.Variables,
    deadLetterQueueArn: code.deadLetterQueueArn,
    invoke: (event) => runner.invoke(event),
  });
  try {
    const env = { ...process.env, AWS_REGION: aws.region, AWS_ENDPOINT_URL: aws.url, AWS_ENDPOINT_URL_LAMBDA: lambda.url };
    const command = ['run', '--silent', 'pipeline', '--', 'redrive', '--function', name, ...options];
    return (await execute('npm', command, { cwd: PROJECT_ROOT, env })).stdout;
  } finally {
    await lambda.close();
  }
}
