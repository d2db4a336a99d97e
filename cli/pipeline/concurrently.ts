import { setTimeout as delay } from 'node:timers/promises';

/** Works on at most `limit` items at once and yields the results in the order of the items. Takes an item only when work on it can start. */
export async function* concurrently<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const pending: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // It may reject before it is awaited.
      result.catch(() => {});
      pending.push(result);
      if (pending.length === limit) for (const oldest of pending.splice(0, 1)) yield await oldest;
    }
    for (const result of pending) yield await result;
  } finally {
    await Promise.allSettled(pending);
  }
}

/** Yields at most `perSecond` items a second, and none after the signal. */
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
