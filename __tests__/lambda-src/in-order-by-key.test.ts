import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { inOrderByKey } from '../../lambda-src/handle-event.ts';

/** Works on items, named by their key and a number, and returns when each began and ended. */
async function work(items: readonly string[], concurrency: number): Promise<{ log: string[]; most: number }> {
  const log: string[] = [];
  let now = 0;
  let most = 0;
  const keyOf = (item: string) => item.slice(0, 1);
  await inOrderByKey(items, keyOf, concurrency, async (item, index) => {
    expect(items[index]).toBe(item);
    now += 1;
    most = Math.max(most, now);
    log.push(`${item} begins`);
    await setImmediate();
    log.push(`${item} ends`);
    now -= 1;
  });
  return { log, most };
}

test('items of one key are processed one after another, in their order', async () => {
  const { log, most } = await work(['a1', 'a2', 'a3'], 3);

  expect(log).toEqual(['a1 begins', 'a1 ends', 'a2 begins', 'a2 ends', 'a3 begins', 'a3 ends']);
  expect(most).toBe(1);
});

test('items of several keys are processed concurrently, each key in its order', async () => {
  const { log, most } = await work(['a1', 'b1', 'a2', 'b2'], 2);

  expect(log.filter((line) => line.startsWith('a'))).toEqual(['a1 begins', 'a1 ends', 'a2 begins', 'a2 ends']);
  expect(log.filter((line) => line.startsWith('b'))).toEqual(['b1 begins', 'b1 ends', 'b2 begins', 'b2 ends']);
  expect(most).toBe(2);
});

test.each([
  [0, 1],
  [1, 1],
  [2, 2],
  [9, 4],
])('of four keys, with %d at once, %d are worked on', async (concurrency, most) => {
  expect(await work(['a1', 'b1', 'c1', 'd1'], concurrency)).toMatchObject({ most });
});

test('no items need no work', async () => {
  expect(await work([], 2)).toEqual({ log: [], most: 0 });
});
