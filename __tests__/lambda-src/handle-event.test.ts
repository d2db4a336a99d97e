import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
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

test('an outcome is counted once, however often its notification is retried', async () => {
  let failures = 2;
  const pipeline = new MemoryPipeline({}, (own) => ({
    notifier: {
      publish: async (notification) => {
        if (failures-- > 0) throw new Error('SNS is throttled');
        own.published.push(notification);
      },
    },
  }));
  const event = pipeline.upload('bad.jpg', 'bad');

  await expect(pipeline.invoke([event], 'request-1')).rejects.toThrow('will be retried');
  await expect(pipeline.invoke([event], 'request-1')).rejects.toThrow('will be retried');
  await pipeline.invoke([event], 'request-1');

  expect(pipeline.published).toHaveLength(1);
  expect(pipeline.observed).toMatchObject([{ status: 'failed' }]);
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
