import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deploymentOf } from '../../config/deployments.ts';
import { type Ended, StartedProgram } from '../started-program.ts';
import { until } from '../until.ts';
import { TestDeployment } from './pipeline/test-deployment.ts';

let deployment: TestDeployment;

beforeAll(async () => {
  deployment = await TestDeployment.start(deploymentOf('photo-sharing', 'cli', 'x86_64'));
  for (let number = 0; number < 40; number++) await deployment.upload(`many/${String(number).padStart(2, '0')}.jpg`);
});

afterAll(() => deployment.close());

function launch(...words: readonly string[]): StartedProgram {
  return StartedProgram.start(['cli/pipeline.ts', ...words], { PATH: process.env.PATH, ...deployment.environment });
}

describe('npm run pipeline', () => {
  let unknownCommand: Ended;
  let unknownFunction: Ended;
  let help: Ended;

  beforeAll(async () => {
    [unknownCommand, unknownFunction, help] = await Promise.all([
      launch('explode').ended,
      launch('explain', 'a.jpg', '--function', 'Nobody').ended,
      launch('--help').ended,
    ]);
  });

  test('an unknown command exits with 2 and refers to --help', () => {
    expect(unknownCommand).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/'explode'[\s\S]*npm run pipeline -- --help/),
    });
  });

  test('an unknown function exits with 2, and the message names it and says where to find the name', () => {
    expect(unknownFunction).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^There is no function "Nobody".*`function_name`.*\n$/),
    });
  });

  test('--help lists every command and the exit codes', () => {
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['explain', 'audit', 'redrive', 'backfill', 'estimate'])
      expect(help.stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(help.stdout).toContain('Exit code: 0 when all is in order, 1');
  });
});

test('after Ctrl-C, a backfill finishes the invocations in progress and says where it stopped', async () => {
  let answered = 0;
  deployment.invoke = async () => {
    await delay(200);
    answered += 1;
    return { status: 'answered', payload: { results: [{ taskId: '', resultCode: 'Succeeded', resultString: 'processed' }] } };
  };
  const program = launch('backfill', '--function', deployment.functionName, '--apply', '--rate', '40');
  await until(() => answered >= 3);
  program.interrupt();

  const { code, stdout } = await program.ended;

  expect(code).toBe(130);
  const [, last] = /^Interrupted after "many\/(\d\d).jpg"\. Run it again to continue/m.exec(stdout) ?? [];
  expect(answered).toBe(Number(last) + 1);
  expect(answered).toBeLessThan(40);
  expect(stdout).toContain(`Succeeded ${answered} (processed ${answered})`);
});
