import { describe, expect, test } from '@jest/globals';
import { FAILURES, ImageFailure, OUTCOME_STATUSES } from '../../../lambda-src/contract/outcome.ts';

describe.each(Object.entries(FAILURES))('the failure %s', (_code, { sentence, hint }) => {
  test('is explained in whole sentences, and so is the next step', () => {
    for (const text of [sentence, hint]) expect(text).toMatch(/^[A-Z].{10,}\.$/);
  });
});

test('a failed image has a code, a detail and a cause', () => {
  const cause = new Error('cut off');

  expect(new ImageFailure('Corrupt', 'truncated', { cause })).toMatchObject({
    name: 'ImageFailure',
    code: 'Corrupt',
    message: 'truncated',
    cause,
  });
});

test('an event ends in one of six ways', () => {
  expect(OUTCOME_STATUSES).toEqual(['processed', 'failed', 'duplicate', 'superseded', 'gone', 'ignored']);
});
