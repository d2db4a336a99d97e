import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BatchDeployment } from './batch-deployment.ts';

let batch: BatchDeployment;

beforeAll(async () => {
  batch = await BatchDeployment.start();
});

afterAll(() => batch.close());

describe('errors say what to do', () => {
  test.each([
    [
      'a job that does not exist',
      ['--status', 'no-such-job'],
      /There is no job "no-such-job"\. --status lists the jobs of this deployment\./,
    ],
    ['a text that cannot be a job', ['--cancel', '../x'], /There is no job "\.\.\/x"/],
    ['a prefix outside the trigger', ['--batch', '--all', '--prefix', 'other/', '--yes'], /--prefix "other\/" holds no uploads/],
    ['a date', ['--batch', '--uploaded-after', 'yesterday'], /"yesterday" is not a date or a time in UTC, such as 2026-01-31/],
    ['an ending', ['--batch', '--suffix', 'jpg'], /"jpg" is not a file extension, such as \.jpg/],
    ['two actions', ['--batch', '--cancel', 'x'], /cannot be used with option/],
    ['two ways to process', ['--batch', '--apply'], /cannot be used with option/],
  ])('about %s', async (_, options, message) => {
    await expect(batch.backfill(...options)).rejects.toThrow(message);
  });

  test('about a deployment without batch jobs', async () => {
    const { functionName } = batch.deployment;
    Object.assign(process.env, batch.deployment.environment);
    try {
      await expect(batch.backfill('--batch', '--yes')).rejects.toThrow(
        `There is no function "${functionName}-batch" in this account and region, so "${functionName}" has no batch jobs. Set \`batchJobs: true\` in`,
      );
    } finally {
      Object.assign(process.env, batch.environment);
    }
  });
});
