import { setTimeout as delay } from 'node:timers/promises';

/** Works on several items at once and gives the results in the order of the items; no item is taken before there is room for it. */
export async function* concurrently<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  most: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // Its turn to be awaited may come after it was rejected.
      result.catch(() => {});
      underWay.push(result);
      if (underWay.length === most) for (const oldest of underWay.splice(0, 1)) yield await oldest;
    }
    for (const result of underWay) yield await result;
  } finally {
    await Promise.allSettled(underWay);
  }
}

/** Hands on at most so many items a second, and none after the signal. */
export async function* paced<Item>(items: AsyncIterable<Item>, perSecond: number, signal: AbortSignal): AsyncGenerator<Item> {
  let next = performance.now();
  for await (const item of items) {
    const now = performance.now();
    await delay(Math.max(0, next - now), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    next = Math.max(next, now) + 1000 / perSecond;
    yield item;
  }
}
