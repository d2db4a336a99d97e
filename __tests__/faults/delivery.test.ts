import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../lambda-src/contract/outcome.ts';
import { UnfinishedEventError } from '../../lambda-src/handle-event.ts';
import { eventBridgeEvent } from '../../local/aws/s3-event.ts';
import { MemoryPipeline, type S3Record, statuses } from '../in-memory/pipeline.ts';

/** The handler behind EventBridge, which invokes it once for each record. */
class EventBridgePipeline extends MemoryPipeline {
  override async invoke(records: readonly S3Record[], request?: string): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const { s3, ...record } of records) {
      const bucket = { ...s3.bucket, arn: `arn:aws:s3:::${s3.bucket.name}` };
      const answer = await this.invokeWith(eventBridgeEvent({ ...record, awsRegion: 'us-east-1', s3: { ...s3, bucket } }), request);
      outcomes.push(...(answer as { outcomes: Outcome[] }).outcomes);
    }
    return outcomes;
  }
}

describe.each([
  ['S3 notifications', MemoryPipeline],
  ['EventBridge', EventBridgePipeline],
])('with events from %s', (_source, Pipeline) => {
  describe('Fault 1: the same event delivered 2–50 times, in sequence or concurrently', () => {
    test.each([2, 50])('has one effect and %i - 1 duplicates in sequence', async (deliveries) => {
      const pipeline = new Pipeline();
      const event = pipeline.upload('a.jpg', 'cat');

      const answers: string[] = [];
      for (let i = 0; i < deliveries; i += 1) answers.push(...statuses(await pipeline.invoke([event])));

      expect(answers).toEqual(['processed', ...Array(deliveries - 1).fill('duplicate')]);
      expect([pipeline.renders, pipeline.published.length]).toEqual([1, 1]);
    });

    test('has one effect among 50 concurrent deliveries', async () => {
      const pipeline = new Pipeline();
      const event = pipeline.upload('a.jpg', 'cat');

      const answers = await Promise.all(Array.from({ length: 50 }, () => pipeline.invoke([event])));

      expect(statuses(answers.flat()).sort()).toEqual([...Array(49).fill('duplicate'), 'processed']);
      expect([pipeline.renders, pipeline.published.length]).toEqual([1, 1]);
    });
  });

  describe('Fault 2: events of two versions of a key swapped or interleaved', () => {
    test('lets the newest version win if its event arrives first', async () => {
      const pipeline = new Pipeline();
      const [older, newer] = [pipeline.upload('a.jpg', 'cat'), pipeline.upload('a.jpg', 'dog')];

      expect(statuses([...(await pipeline.invoke([newer])), ...(await pipeline.invoke([older]))])).toEqual(['processed', 'superseded']);
      expect(pipeline.rendition('a.jpg')).toBe('small/dog');
      expect(pipeline.published).toHaveLength(1);
    });

    test('supersedes the older version at its read if the newer object is already in the bucket', async () => {
      const pipeline = new Pipeline();
      const [older, newer] = [pipeline.upload('a.jpg', 'cat'), pipeline.upload('a.jpg', 'dog')];

      expect(statuses([...(await pipeline.invoke([older])), ...(await pipeline.invoke([newer]))])).toEqual(['superseded', 'processed']);
      expect(pipeline.renders).toBe(1);
    });

    test('keeps the newest rendition if the older version is stored late', async () => {
      let late: (() => Promise<unknown>) | undefined;
      const pipeline = new Pipeline({}, (own) => ({
        render: async (bytes, { recipe }) => {
          const overtake = late;
          late = undefined;
          await overtake?.();
          return own.render(bytes, recipe);
        },
      }));
      const older = pipeline.upload('a.jpg', 'cat');
      late = async () => pipeline.invoke([pipeline.upload('a.jpg', 'dog')]);

      expect(statuses(await pipeline.invoke([older]))).toEqual(['superseded']);
      expect(pipeline.rendition('a.jpg')).toBe('small/dog');
      expect(await pipeline.record('a.jpg')).toMatchObject({ status: 'processed', versionId: 'v2' });
      expect(pipeline.published).toHaveLength(1);
    });

    test('undoes its write if A was replaced by B and then by A again, which have equal ETags', async () => {
      let between: (() => Promise<unknown>) | undefined;
      const pipeline = new Pipeline({}, ({ renditions }) => ({
        renditions: {
          head: (key) => renditions.head(key),
          remove: (key, standing) => renditions.remove(key, standing),
          put: async (upload) => {
            const overtake = between;
            between = undefined;
            await overtake?.();
            return renditions.put(upload);
          },
        },
      }));
      await pipeline.invoke([pipeline.upload('a.jpg', 'A')]);
      const b = pipeline.upload('a.jpg', 'B');
      between = async () => pipeline.invoke([pipeline.upload('a.jpg', 'A')]);

      expect(statuses(await pipeline.invoke([b]))).toEqual(['superseded']);
      expect(pipeline.rendition('a.jpg')).toBe('small/A');
      expect((await pipeline.renditions.head('small/a.jpg'))?.versionId).toBe('v3');
    });
  });

  describe('Fault 4: a lease held by a dead invocation', () => {
    async function crashed(): Promise<{ pipeline: MemoryPipeline; event: S3Record }> {
      let dead = true;
      const pipeline = new Pipeline({}, (own) => ({
        render: (bytes, { recipe }) => (dead ? new Promise(() => undefined) : Promise.resolve(own.render(bytes, recipe))),
      }));
      const event = pipeline.upload('a.jpg', 'cat');
      void pipeline.invoke([event], 'dead');
      await new Promise(setImmediate);
      dead = false;
      return { pipeline, event };
    }

    test('is taken over immediately by the invocation’s own retry', async () => {
      const { pipeline, event } = await crashed();

      expect(statuses(await pipeline.invoke([event], 'dead'))).toEqual(['processed']);
    });

    test('is taken over by another invocation when it expires, not before', async () => {
      const { pipeline, event } = await crashed();

      expect(await pipeline.invoke([event])).toEqual([{ status: 'duplicate', key: 'a.jpg', inProgress: true }]);
      pipeline.now += 90_000;
      expect(statuses(await pipeline.invoke([event]))).toEqual(['processed']);
    });
  });

  describe('Fault 20: a redrive under a new request ID while the lease is still active', () => {
    test('learns that the upload is in progress, so that its message is kept', async () => {
      const pipeline = new Pipeline();
      const event = pipeline.upload('a.jpg', 'cat');
      await pipeline.ledger.claim({
        event: {
          kind: 'created',
          bucket: 'uploads',
          key: 'a.jpg',
          versionId: 'v1',
          sequencer: '0069A70000010000000000000000000000000000',
          time: new Date(0),
        },
        owner: 'alive',
        run: 'alive',
        now: pipeline.now,
        leaseExpiresAt: pipeline.now + 90_000,
        recipeHash: '',
      });

      expect(await pipeline.invoke([event], 'redrive')).toEqual([{ status: 'duplicate', key: 'a.jpg', inProgress: true }]);
    });
  });

  describe('Fault 21: an object replaced or deleted between event and read', () => {
    test('renders nothing if the bytes are not those of the event', async () => {
      const pipeline = new Pipeline();
      const event = pipeline.upload('a.jpg', 'cat');
      pipeline.upload('a.jpg', 'dog');

      expect(statuses(await pipeline.invoke([event]))).toEqual(['superseded']);
      expect(pipeline.renders).toBe(0);
    });

    test('renders nothing if the same bytes were uploaded again, and yields to the newer event', async () => {
      const pipeline = new Pipeline();
      const [older, newer] = [pipeline.upload('a.jpg', 'cat'), pipeline.upload('a.jpg', 'cat')];

      expect(statuses([...(await pipeline.invoke([older])), ...(await pipeline.invoke([newer]))])).toEqual(['superseded', 'processed']);
      expect(pipeline.published).toHaveLength(1);
    });
  });

  describe('Fault 22: an object deleted before or during processing', () => {
    test('is recorded as gone, without an error or an email', async () => {
      const pipeline = new Pipeline();
      const event = pipeline.upload('a.jpg', 'cat');
      pipeline.delete('a.jpg');

      expect(statuses(await pipeline.invoke([event]))).toEqual(['gone']);
      expect(await pipeline.record('a.jpg')).toMatchObject({ status: 'gone' });
      expect(pipeline.published).toHaveLength(0);
    });

    test('loses its renditions if delete propagation is on', async () => {
      const pipeline = new Pipeline({ deletePropagation: true });
      await pipeline.invoke([pipeline.upload('a.jpg', 'cat')]);
      await pipeline.invoke([pipeline.upload('a.jpg', 'dog')]);

      expect(statuses(await pipeline.invoke([pipeline.delete('a.jpg')]))).toEqual(['gone']);
      expect(pipeline.renditions.history('small/a.jpg')).toHaveLength(0);
    });

    test('leaves no rendition if the deletion is handled while the photo is being rendered', async () => {
      let meanwhile: (() => Promise<unknown>) | undefined;
      const pipeline = new Pipeline({ deletePropagation: true }, (own) => ({
        render: async (bytes, { recipe }) => {
          await meanwhile?.();
          return own.render(bytes, recipe);
        },
      }));
      const event = pipeline.upload('a.jpg', 'cat');
      meanwhile = () => pipeline.invoke([pipeline.delete('a.jpg')]);

      expect(statuses(await pipeline.invoke([event]))).toEqual(['superseded']);
      expect(pipeline.rendition('a.jpg')).toBeUndefined();
    });

    test('processes the newest photo if an older version is deleted before its event arrives', async () => {
      const pipeline = new Pipeline({ deletePropagation: true });
      await pipeline.invoke([pipeline.upload('a.jpg', 'cat')]);
      const newest = pipeline.upload('a.jpg', 'dog');

      expect(statuses(await pipeline.invoke([pipeline.erase('a.jpg', 'v1')]))).toEqual(['processed']);
      expect(statuses(await pipeline.invoke([newest]))).toEqual(['superseded']);
      expect(pipeline.rendition('a.jpg')).toBe('small/dog');
      expect(await pipeline.record('a.jpg')).toMatchObject({ status: 'processed', versionId: 'v2' });
      expect(pipeline.published).toHaveLength(2);
    });

    test('makes the renditions again if the deletion is undone, without counting or announcing them twice', async () => {
      const pipeline = new Pipeline({ deletePropagation: true });
      await pipeline.invoke([pipeline.upload('a.jpg', 'cat')]);
      await pipeline.invoke([pipeline.delete('a.jpg')]);

      expect(statuses(await pipeline.invoke([pipeline.erase('a.jpg', 'v2')]))).toEqual(['processed']);
      expect(pipeline.rendition('a.jpg')).toBe('small/cat');
      expect(statuses(pipeline.observed)).toEqual(['processed', 'gone']);
      expect(pipeline.published).toHaveLength(1);
    });

    test('is ignored if delete propagation is off', async () => {
      const pipeline = new Pipeline();
      await pipeline.invoke([pipeline.upload('a.jpg', 'cat')]);

      expect(statuses(await pipeline.invoke([pipeline.delete('a.jpg')]))).toEqual(['ignored']);
      expect(pipeline.rendition('a.jpg')).toBe('small/cat');
    });
  });
});

describe('Fault 1: one event that contains a record twice', () => {
  test('has one effect', async () => {
    const pipeline = new MemoryPipeline();
    const event = pipeline.upload('a.jpg', 'cat');

    expect(statuses(await pipeline.invoke([event, event]))).toEqual(['processed', 'duplicate']);
  });
});

describe('Fault 5: many keys in one event, one of them bad', () => {
  test('processes 19 of 20 keys and fails only the bad one', async () => {
    const pipeline = new MemoryPipeline();
    const events = Array.from({ length: 20 }, (_, i) => pipeline.upload(`${i}.jpg`, i === 7 ? 'bad' : `cat ${i}`));

    const answers = statuses(await pipeline.invoke(events));

    expect(answers.filter((status) => status === 'processed')).toHaveLength(19);
    expect(answers[7]).toBe('failed');
    expect(pipeline.rendition('19.jpg')).toBe('small/cat 19');
  });

  test('finishes all other keys before it throws a system fault', async () => {
    const pipeline = new MemoryPipeline({}, ({ originals }) => ({
      originals: {
        head: (bucket, key) => originals.head(bucket, key),
        read: (request) => (request.key === '1.jpg' ? Promise.reject(new Error('503 SlowDown')) : originals.read(request)),
      },
    }));
    const events = [0, 1, 2].map((i) => pipeline.upload(`${i}.jpg`, 'cat'));

    await expect(pipeline.invoke(events)).rejects.toThrow(UnfinishedEventError);

    expect([pipeline.rendition('0.jpg'), pipeline.rendition('1.jpg'), pipeline.rendition('2.jpg')]).toEqual([
      'small/cat',
      undefined,
      'small/cat',
    ]);
    expect(pipeline.faults).toMatchObject([{ key: '1.jpg' }]);
  });
});
