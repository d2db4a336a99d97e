import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../../lambda-src/contract/outcome.ts';
import { keyOf, resultsOf } from '../../../local/function/delivery-results.ts';

const record = (key: string) => ({ s3: { object: { key } } });

const RENDITION = { name: 'resized', key: 'resized/a.jpg', width: 10, height: 20, format: 'jpeg', bytes: 300 } as const;

const OUTCOMES: readonly Outcome[] = [
  { status: 'processed', key: 'a.jpg', image: { width: 100, height: 200, format: 'jpeg' }, renditions: [RENDITION] },
  { status: 'failed', key: 'b.jpg', failureCode: 'Corrupt', detail: 'it ends too early' },
  { status: 'ignored', key: 'c.txt', reason: 'it is no photo' },
  { status: 'duplicate', key: 'd.jpg', inProgress: false },
];

describe('the results of a delivery', () => {
  test('are the outcomes that the function returned', () => {
    const answer = { status: 'answered', payload: JSON.parse(JSON.stringify({ outcomes: OUTCOMES })) } as const;

    const results = resultsOf([], { answer, attempts: 2 }, 30);

    const both = { attempts: 2, milliseconds: 30 };
    expect(results).toEqual([
      {
        ...both,
        key: 'a.jpg',
        status: 'processed',
        image: { width: 100, height: 200, format: 'jpeg' },
        outputs: [{ key: 'resized/a.jpg', width: 10, height: 20, format: 'jpeg', bytes: 300 }],
      },
      { ...both, key: 'b.jpg', status: 'failed', failureCode: 'Corrupt', detail: 'it ends too early', outputs: [] },
      { ...both, key: 'c.txt', status: 'ignored', detail: 'it is no photo', outputs: [] },
      { ...both, key: 'd.jpg', status: 'duplicate', outputs: [] },
    ]);
  });

  test('are one per record, with the last error, if every attempt failed', () => {
    const answer = { status: 'failed', error: { errorType: 'Error', errorMessage: 'no table' } } as const;

    const results = resultsOf([record('a+b.jpg'), record('c.jpg')], { answer, attempts: 3 }, 30);

    const each = { status: 'deadLettered', detail: 'Error: no table', outputs: [], attempts: 3, milliseconds: 30 };
    expect(results).toEqual([
      { ...each, key: 'a b.jpg' },
      { ...each, key: 'c.jpg' },
    ]);
  });

  test('are rejected if the function returned something else', () => {
    expect(() => resultsOf([], { answer: { status: 'answered', payload: null }, attempts: 1 }, 30)).toThrow('expected object');
  });
});

describe('the key of a record', () => {
  test.each([
    ['decoded', record('a+b%2Bc/%C3%BC.jpg'), 'a b+c/ü.jpg'],
    ['as it came when it cannot be decoded', record('100%.jpg'), '100%.jpg'],
    ['empty when there is none', { Sns: {} }, ''],
  ])('is %s', (_, given, key) => {
    expect(keyOf(given)).toBe(key);
  });
});
