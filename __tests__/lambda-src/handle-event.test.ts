import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../lambda-src/contract/outcome.ts';
import { reconciledEvent } from '../../lambda-src/events/s3-event.ts';
import { handleEvent } from '../../lambda-src/handle-event.ts';
import { changed } from '../explorer/changed.ts';
import { MemoryPipeline } from '../in-memory/pipeline.ts';

/** Returns what the observer receives, with a clock that advances by 7 milliseconds at each reading. */
async function observed(pipeline: MemoryPipeline, payload: unknown) {
  const outcomes: { outcome: Outcome; milliseconds: number; sinceUpload?: number }[] = [];
  const repeated: Outcome[] = [];
  const started = pipeline.now;
  const observer = {
    ...pipeline.parts.observer,
    outcome: (outcome: Outcome, milliseconds: number, sinceUpload?: number) =>
      void outcomes.push({ outcome, milliseconds, ...(sinceUpload !== undefined && { sinceUpload }) }),
    repeated: (outcome: Outcome) => void repeated.push(outcome),
  };
  const invocation = {
    ...{ owner: 'request-1', run: 'run-1', remainingMilliseconds: () => 60_000, timeoutMilliseconds: 60_000 },
    now: () => {
      pipeline.now += 7;
      return pipeline.now;
    },
  };
  const answer = await handleEvent(payload, { ...pipeline.parts, observer }, invocation);
  return { answer, outcomes, repeated, elapsed: pipeline.now - started };
}

const batchOf = (...tasks: { s3Key: string; s3Bucket?: string }[]) => ({
  invocationSchemaVersion: '2.0',
  invocationId: 'invocation-1',
  job: { id: 'job-1' },
  tasks: tasks.map((task) => ({ taskId: task.s3Key, s3VersionId: null, s3Bucket: 'uploads', ...task })),
});

describe('the observer receives', () => {
  test('the keys of a batch', async () => {
    const pipeline = new MemoryPipeline();
    const received: unknown[] = [];
    const observer = { ...pipeline.parts.observer, received: (keys: readonly string[]) => void received.push(keys) };
    const invocation = {
      ...{ owner: 'r', run: 'r', remainingMilliseconds: () => 60_000, timeoutMilliseconds: 60_000 },
      now: () => pipeline.now,
    };

    await handleEvent(batchOf({ s3Key: 'a.jpg' }, { s3Key: 'b.jpg' }), { ...pipeline.parts, observer }, invocation);

    expect(received).toEqual([['a.jpg', 'b.jpg']]);
  });

  test('how long an upload waited and was processed, by its own event only, and once', async () => {
    const pipeline = new MemoryPipeline();
    const record = pipeline.upload('a.jpg', 'cat');
    pipeline.now += 90_000;

    const first = await observed(pipeline, { Records: [record] });
    const again = await observed(pipeline, { Records: [record] });
    pipeline.upload('b.jpg', 'dog');
    const backfilled = await observed(pipeline, batchOf({ s3Key: 'b.jpg' }));

    expect(first.outcomes[0]?.sinceUpload).toBeGreaterThan(90_000);
    expect(first.outcomes[0]?.sinceUpload).toBeLessThan(90_000 + first.elapsed);
    expect(again.outcomes.map(({ outcome }) => outcome.status)).toEqual(['duplicate']);
    expect(backfilled.outcomes).toMatchObject([{ outcome: { status: 'processed' } }]);
    expect(backfilled.outcomes[0]).not.toHaveProperty('sinceUpload');
  });

  test('no negative wait if the clocks of S3 and Lambda differ', async () => {
    const pipeline = new MemoryPipeline();
    const record = pipeline.upload('a.jpg', 'cat');
    pipeline.now -= 60_000;

    expect((await observed(pipeline, { Records: [record] })).outcomes[0]?.sinceUpload).toBe(0);
  });

  test('the outcome of an upload and the time that it took', async () => {
    const pipeline = new MemoryPipeline();
    const { outcomes, elapsed } = await observed(pipeline, { Records: [pipeline.upload('a.jpg', 'cat')] });

    expect(outcomes).toMatchObject([{ outcome: { status: 'processed', key: 'a.jpg' } }]);
    expect(outcomes[0]?.milliseconds).toBeGreaterThan(0);
    expect(outcomes[0]?.milliseconds).toBeLessThan(elapsed);
  });

  test('the outcome of a task and the time that it took', async () => {
    const pipeline = new MemoryPipeline();
    pipeline.upload('a.jpg', 'cat');
    const { outcomes, elapsed } = await observed(pipeline, batchOf({ s3Key: 'a.jpg' }));

    expect(outcomes).toMatchObject([{ outcome: { status: 'processed', key: 'a.jpg' } }]);
    expect(outcomes[0]?.milliseconds).toBeGreaterThan(0);
    expect(outcomes[0]?.milliseconds).toBeLessThanOrEqual(elapsed);
  });

  test('of records and tasks that are ignored, or whose object is gone', async () => {
    const pipeline = new MemoryPipeline();
    const records = await observed(pipeline, { Records: [pipeline.upload('a.txt', 'cat')] });
    const tasks = await observed(pipeline, batchOf({ s3Key: 'a.jpg', s3Bucket: 'others' }, { s3Key: 'missing.jpg' }));

    expect(records.outcomes).toEqual([
      { outcome: { status: 'ignored', key: 'a.txt', reason: 'the key does not end with .jpg or .png' }, milliseconds: 0 },
    ]);
    expect(tasks.outcomes.map(({ outcome }) => outcome)).toEqual([
      { status: 'ignored', key: 'a.jpg', reason: 'the bucket others is not the upload bucket' },
      { status: 'gone', key: 'missing.jpg' },
    ]);
    expect(tasks.answer).toMatchObject({
      results: [
        { resultCode: 'Succeeded', resultString: 'ignored' },
        { resultCode: 'PermanentFailure', resultString: 'gone' },
      ],
    });
  });

  test('that an effect was counted before, when only its message is sent', async () => {
    let failures = 1;
    const pipeline = new MemoryPipeline({}, () => ({
      notifier: {
        publish: async () => {
          if (failures-- > 0) throw new Error('SNS is throttled');
        },
      },
    }));
    const event = pipeline.upload('a.jpg', 'cat');
    await expect(pipeline.invoke([event], 'request-1')).rejects.toThrow('will be retried');
    const { outcomes, repeated } = await observed(pipeline, { Records: [event] });

    expect(outcomes).toEqual([]);
    expect(repeated).toMatchObject([{ status: 'processed', key: 'a.jpg' }]);
  });

  test('the key of a record that met a fault, and none for a report', async () => {
    const pipeline = new MemoryPipeline({ publish: ['report'] }, ({ originals }) => ({
      originals: {
        head: (bucket, key) => originals.head(bucket, key),
        read: (request) => (request.key === 'a.jpg' ? Promise.reject(new Error('reset')) : originals.read(request)),
      },
      notifier: { publish: () => Promise.reject(new Error('SNS is throttled')) },
    }));

    await expect(pipeline.invoke([pipeline.upload('a.jpg', 'cat'), pipeline.upload('b.jpg', 'cat')])).rejects.toThrow();

    expect(pipeline.faults).toEqual([
      { key: 'a.jpg', error: new Error('reset') },
      { key: '', error: new Error('SNS is throttled') },
    ]);
  });
});

describe('an event with records that met a system fault', () => {
  const failing = (fault: unknown) =>
    new MemoryPipeline({}, ({ originals }) => ({
      originals: {
        head: (bucket, key) => originals.head(bucket, key),
        read: (request) => (request.key === 'b.jpg' ? originals.read(request) : Promise.reject(fault)),
      },
    }));

  test('fails, with the first fault as its cause', async () => {
    const fault = new TypeError('reset');
    const pipeline = failing(fault);

    await expect(pipeline.invoke(['a.jpg', 'b.jpg', 'c.jpg'].map((key) => pipeline.upload(key, 'cat')))).rejects.toMatchObject({
      name: 'UnfinishedEventError',
      code: 'UNFINISHED_EVENT',
      message: '2 of 3 records hit a system fault (TypeError) and will be retried',
      cause: fault,
    });
  });

  test('fails, whatever was thrown', async () => {
    const pipeline = failing('reset');

    await expect(pipeline.invoke([pipeline.upload('a.jpg', 'cat')])).rejects.toMatchObject({
      message: '1 of 1 records hit a system fault (unknown fault) and will be retried',
      cause: 'reset',
    });
  });
});

test('an event without records has no outcomes', async () => {
  expect(await new MemoryPipeline().invoke([])).toEqual([]);
});

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

describe('the event of a reconciliation', () => {
  const lookAt = (pipeline: MemoryPipeline, key = 'a.jpg') => reconciledEvent('uploads', key, new Date(pipeline.now));

  test('does what the lost event would have done, without a time since the upload', async () => {
    const pipeline = new MemoryPipeline();
    const lost = pipeline.upload('a.jpg', 'cat');

    expect((await observed(pipeline, lookAt(pipeline))).outcomes).toEqual([
      { outcome: expect.objectContaining({ status: 'processed', key: 'a.jpg' }), milliseconds: expect.any(Number) },
    ]);
    expect(pipeline.rendition('a.jpg')).toBe('small/cat');
    expect(pipeline.published).toHaveLength(1);
    expect(await pipeline.invoke([lost])).toEqual([{ status: 'duplicate', key: 'a.jpg', inProgress: false }]);
    expect(pipeline.published).toHaveLength(1);
  });

  test('of a deleted photo erases it', async () => {
    const pipeline = new MemoryPipeline({ deletePropagation: true });
    await pipeline.invoke([pipeline.upload('a.jpg', 'cat')]);
    pipeline.delete('a.jpg');

    expect(await pipeline.invokeWith(lookAt(pipeline))).toEqual({ outcomes: [{ status: 'gone', key: 'a.jpg' }] });
    expect(pipeline.rendition('a.jpg')).toBeUndefined();
  });

  test('is retried while another event is in progress, whose version may be older', async () => {
    let reconciling: Promise<unknown> | undefined;
    const pipeline: MemoryPipeline = new MemoryPipeline({}, (own) => ({
      render: async (bytes, { recipe }) => {
        reconciling ??= own.invokeWith(lookAt(own)).then(
          () => 'answered',
          () => 'thrown',
        );
        await reconciling;
        return own.render(bytes, recipe);
      },
    }));

    await pipeline.invoke([pipeline.upload('a.jpg', 'cat')]);

    expect(await reconciling).toBe('thrown');
    expect(pipeline.faults).toEqual([
      {
        key: 'a.jpg',
        error: expect.objectContaining({
          code: 'Contention',
          message: 'another event was processed meanwhile, perhaps of an older version: look again',
        }),
      },
    ]);
  });

  test('is retried if the photo is replaced meanwhile', async () => {
    let replaced = false;
    const pipeline: MemoryPipeline = new MemoryPipeline({}, ({ originals, upload }) => ({
      originals: changed(originals, {
        head: async (...parameters) => {
          const head = await originals.head(...parameters);
          if (!replaced) upload.call(pipeline, 'a.jpg', 'dog');
          replaced = true;
          return head;
        },
      }),
    }));
    pipeline.upload('a.jpg', 'cat');

    await expect(pipeline.invokeWith(lookAt(pipeline))).rejects.toThrow('1 of 1 records');
    await pipeline.invokeWith(lookAt(pipeline));

    expect(pipeline.rendition('a.jpg')).toBe('small/dog');
  });
});
