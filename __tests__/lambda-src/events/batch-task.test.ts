import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../../lambda-src/contract/outcome.ts';
import { batchResult, parseBatchInvocation } from '../../../lambda-src/events/batch-task.ts';

const INVOCATION = { invocationSchemaVersion: '2.0', invocationId: 'i1', job: { id: 'job-1' } };
const TASK = { taskId: 't1', s3Key: 'my+photo.jpg', s3VersionId: 'v1', s3Bucket: 'uploads' };

const tasksOf = (...tasks: unknown[]) => parseBatchInvocation({ ...INVOCATION, tasks })?.tasks;

describe('a task of S3 Batch Operations', () => {
  test('is read completely, with its invocation', () => {
    expect(parseBatchInvocation({ ...INVOCATION, tasks: [TASK] })).toEqual({
      invocation: { ...INVOCATION, tasks: [TASK] },
      tasks: [{ taskId: 't1', job: 'job-1', bucket: 'uploads', key: 'my photo.jpg', malformedKey: false, versionId: 'v1' }],
    });
  });

  test('in schema 1.0 names its bucket by ARN', () => {
    const task = { taskId: 't1', s3Key: 'a.jpg', s3BucketArn: 'arn:aws:s3:::uploads' };

    expect(parseBatchInvocation({ ...INVOCATION, invocationSchemaVersion: '1.0', tasks: [task] })?.tasks).toMatchObject([
      { bucket: 'uploads', versionId: undefined },
    ]);
  });

  test.each([undefined, null, ''])('with the version %j names none', (s3VersionId) => {
    expect(tasksOf({ ...TASK, s3VersionId })).toMatchObject([{ versionId: undefined }]);
  });

  test.each([undefined, 'uploads'])('with the ARN %j and no name has no bucket', (s3BucketArn) => {
    expect(tasksOf({ ...TASK, s3Bucket: undefined, s3BucketArn })).toMatchObject([{ bucket: '' }]);
  });

  test('whose key cannot be decoded keeps it as it came', () => {
    expect(tasksOf({ ...TASK, s3Key: '100%.jpg' })).toMatchObject([{ key: '100%.jpg', malformedKey: true }]);
  });
});

describe('a payload', () => {
  test.each([undefined, null, 'text', 5, {}, { Records: [] }])('such as %j is not a batch invocation', (payload) => {
    expect(parseBatchInvocation(payload)).toBeUndefined();
  });

  test.each<[what: string, payload: object]>([
    ['an unknown schema', { ...INVOCATION, invocationSchemaVersion: '3.0', tasks: [TASK] }],
    ['no task', { ...INVOCATION, tasks: [] }],
    ['no job', { ...INVOCATION, job: {}, tasks: [TASK] }],
    ['a task without a key', { ...INVOCATION, tasks: [{ taskId: 't1' }] }],
  ])('that says it is one but has %s is refused', (_what, payload) => {
    expect(() => parseBatchInvocation(payload)).toThrow();
  });
});

describe('the job receives', () => {
  const image = { width: 1, height: 1, format: 'jpeg' };

  test.each<[outcome: Outcome | 'transient', resultCode: string, resultString: string]>([
    ['transient', 'TemporaryFailure', 'transient fault, see the log'],
    [{ status: 'failed', key: 'a', failureCode: 'Empty', detail: '' }, 'PermanentFailure', 'Empty'],
    [{ status: 'gone', key: 'a' }, 'PermanentFailure', 'gone'],
    [{ status: 'duplicate', key: 'a', inProgress: true }, 'TemporaryFailure', 'duplicate'],
    [{ status: 'duplicate', key: 'a', inProgress: false }, 'Succeeded', 'duplicate'],
    [{ status: 'processed', key: 'a', image, renditions: [] }, 'Succeeded', 'processed'],
    [{ status: 'superseded', key: 'a' }, 'Succeeded', 'superseded'],
    [{ status: 'ignored', key: 'a', reason: 'not an upload' }, 'Succeeded', 'ignored'],
  ])('of %j: %s', (outcome, resultCode, resultString) => {
    expect(batchResult('t1', outcome)).toEqual({ taskId: 't1', resultCode, resultString });
  });
});
