import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FunctionConfiguration } from '../../../local/function/function-configuration.ts';
import type { DeadLetter } from '../../../local/function/invocation.ts';
import { LambdaRunner, type LambdaRunnerOptions } from '../../../local/function/lambda-runner.ts';
import { until } from '../../until.ts';
import { standInBundle } from '../stand-in-bundle.ts';

const CONFIGURATION: FunctionConfiguration = {
  name: 'Stand-in',
  arn: 'arn:aws:lambda:us-west-2:000000000000:function:Stand-in',
  timeoutMilliseconds: 60_000,
  environment: { AWS_LAMBDA_FUNCTION_NAME: 'Stand-in', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512', GREETING: 'hello' },
};

const WORKER = fileURLToPath(new URL('../../../local/function/lambda-worker.mjs', import.meta.url));

/** Starts a worker with an invocation and prints its process id. */
const STARTER = `
  const worker = require('node:child_process').fork(process.argv[1], [process.argv[2]]);
  worker.send({ event: { wait: 60000 }, requestId: 'request-1', deadline: 0 });
  worker.once('message', () => console.log(worker.pid));
`;

/** The stand-in's response. */
interface Answer {
  readonly pid: number;
  readonly invocations: number;
  readonly event: unknown;
  readonly context: Record<string, unknown>;
  readonly environment: Record<string, string>;
  readonly options: readonly string[];
}

let bundle: Awaited<ReturnType<typeof standInBundle>>;
let runner: LambdaRunner | undefined;
let letters: DeadLetter[];
let lines: string[];

beforeEach(async () => {
  bundle = await standInBundle();
  [letters, lines] = [[], []];
});

afterEach(async () => {
  await runner?.close();
  runner = undefined;
  await bundle.remove();
});

async function start(options: Partial<LambdaRunnerOptions> & { timeoutMilliseconds?: number } = {}): Promise<LambdaRunner> {
  const { timeoutMilliseconds = CONFIGURATION.timeoutMilliseconds, ...others } = options;
  runner = await LambdaRunner.start({
    bundle: bundle.path,
    configuration: { ...CONFIGURATION, timeoutMilliseconds },
    workers: 1,
    retryDelaysMilliseconds: [10, 20],
    onDeadLetter: async (letter) => void letters.push(letter),
    onLog: (line) => lines.push(line),
    ...others,
  });
  return runner;
}

async function invoke(target: LambdaRunner, event: object): Promise<Answer> {
  const answer = await target.invoke(event);
  if (answer.status === 'failed') throw new Error(answer.error.errorMessage);
  return answer.payload as Answer;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('one invocation', () => {
  test("gets the event, a context like Lambda's and only the configured environment", async () => {
    process.env.SECRET_OF_THE_USER = 'secret';
    const target = await start();

    const { event, context, environment, options, pid } = await invoke(target, { Records: [] });

    expect(event).toEqual({ Records: [] });
    expect(context).toMatchObject({
      functionName: 'Stand-in',
      memoryLimitInMB: '512',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(context.remaining).toBeGreaterThan(10_000);
    expect(context.remaining).toBeLessThanOrEqual(60_000);
    expect(environment).toMatchObject({ GREETING: 'hello' });
    expect(environment).not.toHaveProperty('SECRET_OF_THE_USER');
    expect(environment).not.toHaveProperty('HOME');
    expect(environment).not.toHaveProperty('NODE_OPTIONS');
    expect(options).toEqual(['--no-incremental-marking', '--single-threaded-gc', '--expose-gc']);
    expect(pid).not.toBe(process.pid);
  });

  test("returns the error in Lambda's format and is not retried", async () => {
    const target = await start();

    const answer = await target.invoke({ fail: 'no such photo', say: 'tried' });

    expect(answer).toMatchObject({ status: 'failed', error: { errorType: 'TypeError', errorMessage: 'no such photo' } });
    await target.close();
    expect(lines).toEqual(['tried']);
  });

  test('is stopped at the timeout even if its code never yields, and the next one gets a new process', async () => {
    const target = await start({ timeoutMilliseconds: 1_500 });

    const answer = await target.invoke({ sayPid: true, spin: true }, 'request-1');

    expect(answer).toEqual({
      status: 'failed',
      error: { errorType: 'Sandbox.Timedout', errorMessage: 'RequestId: request-1 Error: Task timed out after 1.50 seconds' },
    });
    expect(lines).toEqual([expect.stringMatching(/^\d+$/)]);
    expect(isAlive(Number(lines[0]))).toBe(false);
    expect((await invoke(target, {})).invocations).toBe(1);
  });

  test('fails when its process crashes, and the next one gets a new process', async () => {
    const target = await start();

    const answer = await target.invoke({ exit: 7 }, 'request-1');

    expect(answer).toEqual({
      status: 'failed',
      error: { errorType: 'Runtime.ExitError', errorMessage: 'RequestId: request-1 Error: Runtime exited with error: exit status 7' },
    });
    expect((await invoke(target, {})).invocations).toBe(1);
  });

  test('gets a new process if an idle one was killed', async () => {
    const target = await start();
    process.kill((await invoke(target, {})).pid, 'SIGKILL');

    const [first, second] = [await target.invoke({}), await target.invoke({})];

    expect([first.status, second.status]).toContain('answered');
    expect(second.status).toBe('answered');
  });
});

test('a function that stops being loadable fails the invocation with the reason', async () => {
  const target = await start();
  await writeFile(bundle.path, "throw new RangeError('TABLE_NAME is missing');");
  await target.invoke({ exit: 1 });

  const answer = await target.invoke({});

  expect(answer).toMatchObject({ status: 'failed', error: { errorType: 'RangeError', errorMessage: 'TABLE_NAME is missing' } });
});

test('the log is passed on line by line from both streams, even if the process is killed', async () => {
  const onLog = (line: string): void => {
    lines.push(line);
    if (line === 'last words') void target.kill('request-2');
  };
  const target = await start({ onLog });

  await target.invoke({ say: 'one\ntwo', complain: 'three' });
  await target.invoke({ say: 'last words', spin: true }, 'request-2');

  expect(lines.toSorted()).toEqual(['last words', 'one', 'three', 'two']);
});

describe('the pool', () => {
  test('reuses a process for the next invocation', async () => {
    const target = await start();

    const answers = [await invoke(target, {}), await invoke(target, {}), await invoke(target, {})];

    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
    expect(answers.map(({ invocations }) => invocations)).toEqual([1, 2, 3]);
  });

  test('runs one invocation per worker at a time', async () => {
    const target = await start({ workers: 2 });

    const answers = await Promise.all(Array.from({ length: 6 }, () => invoke(target, { wait: 50 })));

    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(2);
    expect(answers.reduce((most, { invocations }) => Math.max(most, invocations), 0)).toBeLessThanOrEqual(5);
  });
});

describe('a delivered event', () => {
  test('succeeds at the first attempt if nothing goes wrong', async () => {
    const target = await start();

    const delivery = await target.deliver({ say: 'once' });

    expect(delivery).toMatchObject({ attempts: 1, answer: { status: 'answered' } });
    await target.close();
    expect(lines).toEqual(['once']);
  });

  test('is tried three times with one request id and then becomes a dead letter', async () => {
    const target = await start();

    const delivery = await target.deliver({ fail: 'S3 is down', say: 'attempt' }, 'request-1');

    expect(delivery).toMatchObject({ attempts: 3, answer: { status: 'failed' } });
    await target.close();
    expect(lines).toEqual(['attempt', 'attempt', 'attempt']);
    expect(letters).toEqual([
      {
        version: '1.0',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        requestContext: {
          requestId: 'request-1',
          functionArn: 'arn:aws:lambda:us-west-2:000000000000:function:Stand-in:$LATEST',
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: { fail: 'S3 is down', say: 'attempt' },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: { errorType: 'TypeError', errorMessage: 'S3 is down', trace: expect.any(Array) },
      },
    ]);
  });

  test('survives the crash of its process, with the same request id', async () => {
    const atWork = join(bundle.path, '../at-work');
    await writeFile(atWork, '');
    const onLog = (): void => {
      void target.kill('request-1');
      rmSync(atWork);
    };
    const target = await start({ onLog });

    const delivery = await target.deliver({ sayWhileThere: atWork }, 'request-1');

    expect(delivery).toMatchObject({ attempts: 2, answer: { status: 'answered', payload: { context: { awsRequestId: 'request-1' } } } });
    expect(letters).toEqual([]);
  });
});

describe('a process', () => {
  test('ignores Ctrl-C, because the runner decides when to stop', async () => {
    const target = await start();
    const { pid } = await invoke(target, {});

    process.kill(pid, 'SIGINT');

    expect((await invoke(target, {})).pid).toBe(pid);
  });

  test('exits with its parent process, however that ends', async () => {
    const starter = spawn(process.execPath, ['-e', STARTER, WORKER, bundle.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = await once(starter.stdout, 'data');
    const pid = Number(printed);
    expect(isAlive(pid)).toBe(true);

    starter.kill('SIGKILL');
    await once(starter, 'exit');

    await until(() => !isAlive(pid));
  });
});

describe('starting and closing', () => {
  test('rejects a function that cannot be loaded, with the reason', async () => {
    const broken = await standInBundle("throw new RangeError('TABLE_NAME is missing');");

    await expect(start({ bundle: broken.path })).rejects.toMatchObject({
      code: 'FUNCTION_NOT_USABLE',
      message: 'The function does not start. RangeError: TABLE_NAME is missing',
    });
    await broken.remove();
  });

  test('leaves no process behind, whatever its state', async () => {
    const target = await start({ workers: 2 });
    const pids = (await Promise.all([invoke(target, { wait: 50 }), invoke(target, { wait: 50 })])).map(({ pid }) => pid);
    const busy = Promise.allSettled([
      target.deliver({ spin: true }),
      target.deliver({ wait: 5_000 }),
      target.deliver({ fail: 'waits its turn' }),
    ]);

    await target.close();

    expect(pids.map(isAlive)).toEqual([false, false]);
    for (const outcome of await busy) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'RUNNER_CLOSED' } });
    expect(letters).toEqual([]);
  });
});
