import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { imageId } from '../../../../lambda-src/adapters/ledger-item.ts';
import { findItem } from '../../../../local/aws/ledger-item.ts';
import type { LambdaRunner } from '../../../../local/function/lambda-runner.ts';
import { makePhoto } from '../../../fixtures/photos.ts';
import type { BatchAnswer } from '../../../s3-control/batch-job.ts';
import { until } from '../../../until.ts';
import { BatchDeployment } from './batch-deployment.ts';

let batch: BatchDeployment;
let runner: LambdaRunner;
let photo: Buffer;

beforeAll(async () => {
  [batch, photo] = await Promise.all([BatchDeployment.start(), makePhoto({ width: 320, height: 240 })]);
  runner = await batch.deployment.startFunction();
});

afterAll(() => batch.close());

/** Results of the function by key, without those of invocations that did not return. */
let results: [key: string, result: string][] = [];
/** Number of invocations so far. */
let invocations = 0;

beforeEach(() => {
  results = [];
  invocations = 0;
  batch.invoke = throughFunction;
});

/** Invokes the real function as S3 does. */
async function throughFunction(payload: unknown): Promise<BatchAnswer> {
  invocations += 1;
  const answer = await runner.invoke(payload);
  if (answer.status === 'answered') results.push([keyIn(payload), resultIn(answer.payload)]);
  return answer;
}

function keyIn(payload: unknown): string {
  return decodeURIComponent((payload as { tasks: { s3Key: string }[] }).tasks[0]?.s3Key ?? '');
}

function resultIn(payload: unknown): string {
  return (payload as { results: { resultString: string }[] }).results[0]?.resultString ?? '';
}

async function upload(folder: string, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, n) => `uploads/${folder}/${n}.jpg`);
  await Promise.all(keys.map((key) => batch.deployment.upload(key, photo)));
  return keys;
}

function itemOf(key: string) {
  const { clients, resources } = batch.deployment.aws;
  return findItem(clients.dynamodb, resources.tableName, { bucket: resources.uploadBucket, key });
}

/** Ends the claim on a photo, as time would. */
async function expireClaim(key: string): Promise<void> {
  const { clients, resources } = batch.deployment.aws;
  const { partitionKey } = batch.deployment.settings.table;
  await clients.dynamodb.send(
    new UpdateItemCommand({
      TableName: resources.tableName,
      Key: { [partitionKey]: { S: imageId(resources.uploadBucket, key) } },
      UpdateExpression: 'SET LeaseExpiresAt = :past',
      ExpressionAttributeValues: { ':past': { N: '1' } },
    }),
  );
}

/** Checks that every photo has a record and a rendition, and was processed once. */
async function expectOneEffect(keys: readonly string[]): Promise<void> {
  const items = await Promise.all(keys.map(itemOf));
  expect(items.map((item) => item?.Status)).toEqual(keys.map(() => 'processed'));
  expect(await Promise.all(keys.map((key) => batch.isRendered(key)))).toEqual(keys.map(() => true));
  const effects = results.filter(([, result]) => result === 'processed').map(([key]) => key);
  expect(effects.toSorted()).toEqual(keys.toSorted());
}

describe('the real function, invoked by batch jobs, has one effect for each photo', () => {
  test('whatever characters its key has', async () => {
    const keys = ['uploads/names/my photo, 100%+.jpg', 'uploads/names/Grüße.jpg', 'uploads/names/"quoted".jpg'];
    for (const key of keys) await batch.deployment.upload(key, photo);

    const { code, stdout } = await batch.backfill('--batch', '--prefix', 'uploads/names/', '--yes');

    expect(stdout).toContain('3 photos: 3 succeeded, 0 failed, 0 left');
    expect(code).toBe(0);
    await expectOneEffect(keys);
  });

  test('when the job is cancelled half-way and resumed', async () => {
    const keys = await upload('cancelled', 12);
    batch.invoke = async (payload) => {
      const answer = await throughFunction(payload);
      if (invocations === 4) batch.control.jobs[0]?.cancel();
      return answer;
    };

    const cancelled = await batch.backfill('--batch', '--prefix', 'uploads/cancelled/', '--yes');

    expect(cancelled.stdout).toMatch(/Cancelled.*\n {2}12 photos: \d succeeded, 0 failed, \d left$/m);
    expect(cancelled.code).toBe(1);
    const resume = /--resume ([\w-]+)/.exec(cancelled.stdout)?.[1] ?? '';
    expect(resume).toBe(batch.newestJob);

    batch.invoke = throughFunction;
    const { code, stdout } = await batch.backfill('--resume', resume, '--yes');
    expect(stdout).toContain('12 photos: 12 succeeded, 0 failed, 0 left');
    expect(code).toBe(0);
    await expectOneEffect(keys);
    expect(results.filter(([, result]) => result === 'duplicate').length).toBeGreaterThanOrEqual(4);
  });

  test('when the function often has no concurrency left', async () => {
    const keys = await upload('throttled', 6);
    let asked = 0;
    batch.invoke = async (payload) => (asked++ % 3 === 0 ? { status: 'throttled' } : throughFunction(payload));

    const { code, stdout } = await batch.backfill('--batch', '--prefix', 'uploads/throttled/', '--yes');

    expect(stdout).toContain('6 photos: 6 succeeded, 0 failed, 0 left');
    expect(code).toBe(0);
    await expectOneEffect(keys);
  });

  test('when the function dies with a photo, whose claim outlasts the job, and the job is resumed', async () => {
    const keys = await upload('dying', 5);
    const [doomed = ''] = keys;
    // Large, so that the process is still busy with it when it is killed.
    await batch.deployment.upload(doomed, await makePhoto({ width: 6000, height: 4000 }));
    let dead = false;
    batch.invoke = async (payload) => {
      if (dead || keyIn(payload) !== doomed) return throughFunction(payload);
      dead = true;
      return dying(payload, doomed);
    };

    const died = await batch.backfill('--batch', '--prefix', 'uploads/dying/', '--yes');

    expect(died.stdout).toContain('5 photos: 4 succeeded, 1 failed, 0 left');
    expect(died.stdout).toContain(`duplicate: 1, such as "${doomed}"`);
    expect(died.code).toBe(1);

    await expireClaim(doomed);
    const { code, stdout } = await batch.backfill('--resume', batch.newestJob, '--yes');
    expect(stdout).toContain('5 photos: 5 succeeded, 0 failed, 0 left');
    expect(code).toBe(0);
    await expectOneEffect(keys);
  });

  /** Kills the function's process while it holds the claim of a photo. */
  async function dying(payload: unknown, key: string): Promise<BatchAnswer> {
    const answer = runner.invoke(payload, 'dying');
    await until(async () => (await itemOf(key))?.Status === 'processing');
    await runner.kill('dying');
    return answer;
  }
});
