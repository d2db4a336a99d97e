import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { concurrently, paced } from '../../../cli/pipeline/concurrently.ts';

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function* endless(): AsyncGenerator<number> {
  for (let number = 0; ; number++) yield number;
}

describe('concurrently', () => {
  test('yields results in the order of the items, whichever finishes first', async () => {
    expect(await all(concurrently([30, 1, 15], 3, (milliseconds) => delay(milliseconds, milliseconds)))).toEqual([30, 1, 15]);
  });

  test('works on as many items at once as the limit allows', async () => {
    let underWay = 0;
    let most = 0;
    await all(
      concurrently([1, 2, 3, 4, 5, 6], 3, async () => {
        most = Math.max(most, ++underWay);
        await delay(2);
        underWay -= 1;
      }),
    );
    expect(most).toBe(3);
  });

  test('takes no item before it can start on it', async () => {
    let begun = 0;
    const results = concurrently(endless(), 4, async (number) => {
      begun += 1;
      return number;
    });
    await results.next();
    expect(begun).toBe(4);
    await results.return(undefined);
  });

  test('stops on an error, after the pending items have ended', async () => {
    const ended: number[] = [];
    const work = async (number: number) => {
      await delay(number === 0 ? 1 : 10);
      ended.push(number);
      if (number === 0) throw new Error('broken');
    };
    await expect(all(concurrently([0, 1, 2], 3, work))).rejects.toThrow('broken');
    expect(ended).toEqual([0, 1, 2]);
  });
});

describe('paced', () => {
  test('yields no more items a second than allowed', async () => {
    const started = performance.now();
    const items = paced(endless(), 50, new AbortController().signal);
    for (let taken = 0; taken < 6; taken++) await items.next();
    // Five waits of 20 ms; timers may fire a millisecond early.
    expect(performance.now() - started).toBeGreaterThan(95);
  });

  test('ends on the signal, even during a wait', async () => {
    const controller = new AbortController();
    const items = paced(endless(), 0.001, controller.signal);
    await items.next();
    setTimeout(() => controller.abort(), 5);
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });
});
