import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { toEnvironment } from '../../lambda-src/contract/environment.ts';
import { SETTINGS } from '../in-memory/pipeline.ts';

const before = { ...process.env };
const lines: string[] = [];

beforeAll(() => {
  Object.assign(process.env, toEnvironment(SETTINGS), { AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_NAME: 'resize' });
  const capture = (...texts: unknown[]) => lines.push(String(texts[0])) > 0;
  jest.spyOn(process.stdout, 'write').mockImplementation(capture);
  jest.spyOn(console, 'log').mockImplementation(capture);
});

afterAll(() => {
  jest.restoreAllMocks();
  process.env = before;
});

/** What the entry asks of the context that Lambda gives. */
const CONTEXT: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'> = {
  awsRequestId: 'request-1',
  getRemainingTimeInMillis: () => 60_000,
};

test('the entry point returns the outcomes of an event and logs them under the function’s name and the request', async () => {
  const { handler } = await import('../../lambda-src/handler.ts');

  const answer = await handler({ Records: [] }, CONTEXT);
  const ignored = await handler({ Event: 's3:TestEvent' }, CONTEXT);

  expect(answer).toEqual({ outcomes: [] });
  expect(ignored).toMatchObject({ outcomes: [{ status: 'ignored' }] });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { message: 'outcome', status: 'ignored', service: 'resize', requestId: 'request-1' },
  ]);
});
