import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const execute = promisify(execFile);

const PIPELINE_COMMANDS = ['explain', 'audit', 'redrive', 'backfill', 'estimate', 'simulate', 'rollback', 'rollout'];

async function helpOf(...command: readonly string[]): Promise<string> {
  const { stdout } = await execute(process.execPath, ['--import', 'tsx', ...command, '--help']);
  return stdout;
}

test.concurrent.each([
  ['npm start', ['cli/launch.mjs']],
  ['npm run pipeline', ['cli/pipeline.ts']],
  ...PIPELINE_COMMANDS.map((name) => [`npm run pipeline -- ${name}`, ['cli/pipeline.ts', name]] as [string, string[]]),
  ['npm run bench', ['bench/run.ts']],
  ['npm run storm', ['__tests__/storm/run.ts']],
  ['npm run explore', ['__tests__/explorer/run.ts']],
  ['npm run module', ['stacks/module/run.ts']],
  ['npm run package', ['asset/package.ts']],
])(
  'the help of `%s` fits into 80 columns',
  async (_program, command) => {
    const lines = (await helpOf(...command)).split('\n');

    expect(lines[0]).toMatch(/^Usage: /);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  },
  60_000,
);

test('the help of every pipeline command is measured', async () => {
  const commands = [...(await helpOf('cli/pipeline.ts')).matchAll(/^ {2}(\w+) \[options\]/gm)].map(([, name]) => name);

  expect(commands.toSorted()).toEqual(PIPELINE_COMMANDS.toSorted());
}, 60_000);
