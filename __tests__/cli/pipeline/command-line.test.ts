import { expect, test } from '@jest/globals';
import { errorMessage, OperatorError } from '../../../cli/pipeline/command-line.ts';

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

test.each([
  ['no credentials', named('CredentialsProviderError', 'Could not load credentials from any providers'), 'aws sso login'],
  ['no region', new Error('Region is missing'), 'Set AWS_REGION'],
  ['an expired token', named('ExpiredTokenException', 'The security token included in the request is expired'), 'Sign in again'],
  [
    'a missing permission',
    named('AccessDenied', 'User: x is not authorized to perform: s3:ListBucket'),
    '--help of the command lists what it needs',
  ],
  [
    'a connection refused on every address',
    new AggregateError([new Error('connect ECONNREFUSED ::1:9')]),
    'check the network and AWS_REGION',
  ],
])('the message for %s includes the next step', (_error, error, step) => {
  expect(errorMessage(error)).toContain(step);
});

test('the message includes the original error', () => {
  expect(errorMessage(named('AccessDenied', 'not authorized to perform: s3:ListBucket.'))).toMatch(
    /^AccessDenied: not authorized to perform: s3:ListBucket\. Your credentials/,
  );
  expect(errorMessage(new AggregateError([new Error('connect ECONNREFUSED ::1:9')]))).toContain('connect ECONNREFUSED ::1:9');
});

test('messages for the operator are printed unchanged', () => {
  expect(errorMessage(new OperatorError('There is no function "x".'))).toBe('There is no function "x".');
  expect(errorMessage('a text')).toBe('a text');
});
