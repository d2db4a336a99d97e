import { expect, test } from '@jest/globals';
import { OperatorError, wordsOf } from '../../../cli/pipeline/operator-error.ts';

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

test.each([
  ['no credentials', named('CredentialsProviderError', 'Could not load credentials from any providers'), 'aws sso login'],
  ['no region', new Error('Region is missing'), 'Set AWS_REGION'],
  ['a token that ran out', named('ExpiredTokenException', 'The security token included in the request is expired'), 'Sign in again'],
  ['a missing permission', named('AccessDenied', 'User: x is not authorized to perform: s3:ListBucket'), '--help lists what it needs'],
  [
    'a connection refused on every address',
    new AggregateError([new Error('connect ECONNREFUSED ::1:9')]),
    'check the network and AWS_REGION',
  ],
])('%s is told with the next step', (_fault, error, step) => {
  expect(wordsOf(error)).toContain(step);
});

test('what AWS said is told, too', () => {
  expect(wordsOf(named('AccessDenied', 'not authorized to perform: s3:ListBucket.'))).toMatch(
    /^AccessDenied: not authorized to perform: s3:ListBucket\. The/,
  );
  expect(wordsOf(new AggregateError([new Error('connect ECONNREFUSED ::1:9')]))).toContain('connect ECONNREFUSED ::1:9');
});

test('our own words are told as they are', () => {
  expect(wordsOf(new OperatorError('There is no function "x".'))).toBe('There is no function "x".');
  expect(wordsOf('a text')).toBe('a text');
});
