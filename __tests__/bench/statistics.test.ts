import { describe, expect, test } from '@jest/globals';
import { differencesOf, figuresOf, inTurn, median, ratiosOf } from '../../bench/statistics.ts';

describe('median', () => {
  test('sorts numbers as numbers', () => {
    expect(median([9, 10, 100])).toBe(10);
  });

  test('is the mean of the two middle values of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test('rejects an empty list', () => {
    expect(() => median([])).toThrow(RangeError);
  });

  test('does not reorder the values', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('figures of several rounds', () => {
  test('are the median, minimum and maximum', () => {
    expect(figuresOf([5, 1, 3])).toEqual({ value: 3, min: 1, max: 5 });
  });

  test('are compared round by round, so that a round that is slow on both sides does not matter', () => {
    expect(ratiosOf([20, 200, 20], [10, 100, 10])).toEqual({ value: 2, min: 2, max: 2 });
    expect(differencesOf([20, 110, 20], [10, 100, 10])).toEqual({ value: 10, min: 10, max: 10 });
  });

  test('need the same number of rounds on both sides', () => {
    expect(() => ratiosOf([1, 2], [1])).toThrow(RangeError);
  });
});

describe('inTurn', () => {
  test('runs A B A B and does not count the first round', async () => {
    const order: string[] = [];
    const contender = (name: string) => async () => order.push(name);

    const times = await inTurn({ a: contender('a'), b: contender('b') }, { rounds: 2, signal: new AbortController().signal });

    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(times).toEqual({ a: [3, 5], b: [4, 6] });
  });

  test('stops when interrupted', async () => {
    const interruption = new AbortController();
    const interrupted = inTurn({ a: async () => interruption.abort() ?? 0 }, { rounds: 2, signal: interruption.signal });

    await expect(interrupted).rejects.toBe(interruption.signal.reason);
  });
});
