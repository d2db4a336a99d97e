import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { inOrderByKey } from '../../lambda-src/handle-event.ts';
import { MemoryPipeline } from '../in-memory/pipeline.ts';

const KEYS = Array.from({ length: 8 }, (_, index) => `${index}.jpg`);

/** Makes a pipeline that records the maximum number of images rendered at once. */
function busyPipeline(concurrency: number) {
  const seen = { now: 0, most: 0 };
  const pipeline = new MemoryPipeline({}, (own) => ({
    concurrency,
    render: async (bytes, { recipe }) => {
      seen.now += 1;
      seen.most = Math.max(seen.most, seen.now);
      await setTimeout(2);
      seen.now -= 1;
      return own.render(bytes, recipe);
    },
  }));
  return { pipeline, seen };
}

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

describe.each([1, 2, 5])('with a concurrency of %d', (concurrency) => {
  test('an S3 event with many records uses it fully and does not exceed it', async () => {
    const { pipeline, seen } = busyPipeline(concurrency);
    await pipeline.invoke(KEYS.map((key) => pipeline.upload(key, 'cat')));
    expect(seen.most).toBe(concurrency);
  });

  test('so does an S3 Batch Operations invocation with many tasks, which returns the results in order', async () => {
    const { pipeline, seen } = busyPipeline(concurrency);
    for (const key of KEYS) pipeline.upload(key, 'cat');
    const answer = await pipeline.invokeWith({
      invocationSchemaVersion: '2.0',
      invocationId: 'invocation-1',
      job: { id: 'job-1' },
      tasks: KEYS.map((s3Key) => ({ taskId: s3Key, s3Key, s3VersionId: null, s3Bucket: 'uploads' })),
    });
    expect(seen.most).toBe(concurrency);
    expect(answer).toMatchObject({ results: KEYS.map((taskId) => ({ taskId, resultCode: 'Succeeded' })) });
  });
});
