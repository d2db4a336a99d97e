/**
 * Processes items concurrently, but items with the same key one after another: an event may contain a key twice, and an invocation must
 * not race against itself under one request ID.
 */
export async function inOrderByKey<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  concurrency: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const queues = new Map<string, number[]>();
  items.forEach((item, index) => {
    queues.set(keyOf(item), [...(queues.get(keyOf(item)) ?? []), index]);
  });
  const waiting = queues.values();
  const worker = async (): Promise<void> => {
    for (const queue of waiting) {
      for (const index of queue) await work(items[index] as Item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, worker));
}
