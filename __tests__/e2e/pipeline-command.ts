import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { asOperator } from './operator.ts';
import type { WorkingPipeline } from './working-pipeline.ts';

const execute = promisify(execFile);

/** Runs `npm run pipeline -- COMMAND` for the deployed function like a user and returns its output. */
export async function runPipelineCommand(pipeline: WorkingPipeline, name: string, options: readonly string[]): Promise<string> {
  const { FunctionName } = pipeline.deployed.function.configuration;
  const command = ['run', '--silent', 'pipeline', '--', name, '--function', FunctionName, ...options];
  return asOperator(pipeline, async ({ scripts }) => {
    const env = { ...process.env, ...scripts };
    return (await execute('npm', command, { cwd: PROJECT_ROOT, env })).stdout;
  });
}
