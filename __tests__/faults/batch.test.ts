import { describe, expect, test } from '@jest/globals';
import { MemoryPipeline, SETTINGS } from '../in-memory/pipeline.ts';

describe('Fault 19: S3 Batch Operations tasks', () => {
  const task = (key: string, versionId?: string, job = 'job-1') => ({
    invocationSchemaVersion: '1.0',
    invocationId: 'invocation-1',
    job: { id: job },
    tasks: [{ taskId: 'task-1', s3Key: key, s3VersionId: versionId ?? null, s3BucketArn: 'arn:aws:s3:::uploads' }],
  });
  const answer = (resultCode: string, resultString: string) => ({
    invocationSchemaVersion: '1.0',
    treatMissingKeysAs: 'PermanentFailure',
    invocationId: 'invocation-1',
    results: [{ taskId: 'task-1', resultCode, resultString }],
  });

  test('process an object without an event, send no email, and report a duplicate as succeeded', async () => {
    const pipeline = new MemoryPipeline();
    pipeline.upload('my photo.jpg', 'cat');

    expect(await pipeline.invokeWith(task('my+photo.jpg', 'v1'))).toEqual(answer('Succeeded', 'processed'));
    expect(await pipeline.invokeWith(task('my+photo.jpg', 'v1'))).toEqual(answer('Succeeded', 'duplicate'));
    expect(pipeline.rendition('my photo.jpg')).toBe('small/cat');
    expect(pipeline.published).toHaveLength(0);
  });

  test('support schema 2.0', async () => {
    const pipeline = new MemoryPipeline();
    pipeline.upload('a.jpg', 'cat');
    const { tasks: _tasks, ...rest } = task('a.jpg');

    const payload = {
      ...rest,
      invocationSchemaVersion: '2.0',
      tasks: [{ taskId: 'task-1', s3Key: 'a.jpg', s3VersionId: 'v1', s3Bucket: 'uploads' }],
    };

    expect(await pipeline.invokeWith(payload)).toMatchObject({ invocationSchemaVersion: '2.0', results: [{ resultCode: 'Succeeded' }] });
  });

  test('fail permanently if the object is missing or bad', async () => {
    const pipeline = new MemoryPipeline();
    pipeline.upload('bad.jpg', 'bad');

    expect(await pipeline.invokeWith(task('missing.jpg'))).toEqual(answer('PermanentFailure', 'gone'));
    expect(await pipeline.invokeWith(task('bad.jpg'))).toEqual(answer('PermanentFailure', 'Corrupt'));
  });

  test('never overwrite the renditions of a newer version', async () => {
    const pipeline = new MemoryPipeline();
    pipeline.upload('a.jpg', 'cat');
    await pipeline.invoke([pipeline.upload('a.jpg', 'dog')]);

    expect(await pipeline.invokeWith(task('a.jpg', 'v1'))).toEqual(answer('Succeeded', 'superseded'));
    expect(pipeline.rendition('a.jpg')).toBe('small/dog');
  });

  test.each([
    ['keep renditions of the same version and recipe', {}, 'small/cat'],
    ['replace renditions of the same version made with another recipe', { prefix: 'small/', name: 'other' }, 'small/cat'],
  ])('restore a lost record, and %s', async (_, rendition, expected) => {
    const before = new MemoryPipeline();
    await before.invoke([before.upload('a.jpg', 'cat')]);
    const recipe = { ...SETTINGS.recipe, renditions: SETTINGS.recipe.renditions.map((one) => ({ ...one, ...rendition })) };
    const restored = new MemoryPipeline({ recipe }, () => ({ originals: before.originals, renditions: before.renditions }));

    expect(await restored.invokeWith(task('a.jpg', 'v1'))).toEqual(answer('Succeeded', 'processed'));
    expect(await restored.record('a.jpg')).toMatchObject({ status: 'processed', versionId: 'v1' });
    expect(before.rendition('a.jpg')).toBe(expected);
  });

  test('fail temporarily on a system fault', async () => {
    const pipeline = new MemoryPipeline({}, ({ originals }) => ({
      originals: { head: (bucket, key) => originals.head(bucket, key), read: () => Promise.reject(new Error('reset')) },
    }));
    pipeline.upload('a.jpg', 'cat');

    expect(await pipeline.invokeWith(task('a.jpg'))).toEqual(answer('TemporaryFailure', 'transient fault, see the log'));
  });

  test('retry a failure and replace a version made with another recipe, once per job', async () => {
    const pipeline = new MemoryPipeline();
    await pipeline.invoke([pipeline.upload('bad.jpg', 'bad')]);

    await pipeline.invokeWith(task('bad.jpg', 'v1'));
    await pipeline.invokeWith(task('bad.jpg', 'v1'));
    await pipeline.invokeWith(task('bad.jpg', 'v1', 'job-2'));

    expect(pipeline.renders).toBe(3);
    expect(pipeline.published).toHaveLength(1);
  });
});
