import { describe, expect, test } from '@jest/globals';
import type { BatchDeployment } from '../../../../cli/backfill/batch/deployment.ts';
import { enforceLimits, jobPlanText, planJob, readableDuration } from '../../../../cli/backfill/batch/plan.ts';
import { deploymentOf } from '../../../../config/deployments.ts';
import { handlerSettings } from '../../../../config/handler-settings.ts';

const settings = handlerSettings(deploymentOf('photo-sharing', 'dev', 'arm64'), {
  uploadBucket: 'uploads',
  outputBucket: 'renditions',
  tableName: 'ledger',
  topicArn: 'arn',
});

const deployment: BatchDeployment = {
  functionName: 'resize',
  settings,
  account: '123456789012',
  partition: 'aws',
  functionArn: 'arn:aws:lambda:us-west-2:123456789012:function:resize-batch',
  memoryMb: 1024,
  architecture: 'arm64',
  concurrency: 50,
  roleArn: 'arn:aws:iam::123456789012:role/resize-batch-jobs',
  bucket: 'jobs',
};

/** A million photos of 4 MB, which are taken for 12 megapixels. */
const MILLION = { photos: 1_000_000, bytes: 4e12 };

describe('the plan of a job', () => {
  test('equals a calculation by hand', () => {
    const { costs, usd, seconds } = planJob(MILLION, deployment);

    // 250 ms of waiting and 12 × 15 ms on 1024/1769 of a vCPU are 560 ms.
    const gigabyteSeconds = 1_000_000 * 0.56;
    const byHand = {
      'S3 Batch Operations': 0.25 + 1,
      Lambda: 0.2 + gigabyteSeconds * 0.0000133334,
      'S3 requests': (3_000_000 / 1000) * 0.0004 + (1_000_000 / 1000) * 0.005,
      DynamoDB: 4 * 0.625,
      'CloudWatch logs': (1e9 / 1024 ** 3) * 0.5,
    };
    expect(Object.fromEntries(costs.map((cost) => [cost.item, cost.usd.toFixed(6)]))).toEqual(
      Object.fromEntries(Object.entries(byHand).map(([item, cost]) => [item, cost.toFixed(6)])),
    );
    expect(usd).toBeCloseTo(Object.values(byHand).reduce((sum, cost) => sum + cost, 0));
    expect(seconds).toBeCloseTo(560_000 / 50);
  });

  test('is printed with its basis', () => {
    expect(jobPlanText(planJob({ ...MILLION, sampled: 1000 }, deployment))).toBe(
      [
        'To process: 1,000,000 photos, about 4.0 TB (projected from 1,000 photos)',
        '  Duration  about 3 h 7 min with 50 concurrent executions, once S3 has started the job',
        '  Cost      about $18.08 if every photo needs processing: S3 Batch Operations $1.25, Lambda $7.67, S3 requests $6.20, DynamoDB $2.50, CloudWatch logs $0.47',
      ].join('\n'),
    );
  });

  test('assumes the quota of an account if no concurrency is reserved', () => {
    expect(planJob(MILLION, { ...deployment, concurrency: undefined })).toMatchObject({ concurrency: 1000, seconds: 560 });
  });

  test('says when no size is known', () => {
    expect(jobPlanText(planJob({ photos: 3, bytes: undefined }, deployment))).toMatch(/^To process: 3 photos, of unknown size$/m);
  });

  test('passes limits that it reaches but does not exceed', () => {
    const plan = planJob({ photos: 10, bytes: 10 }, deployment);

    expect(() => enforceLimits(plan, { maxObjects: 10, maxDollars: plan.usd })).not.toThrow();
    expect(() => enforceLimits(plan, { maxObjects: 9, maxDollars: 100 })).toThrow('The job has 10 photos, more than --max-objects 9.');
  });
});

test.each([
  [0.2, '1 s'],
  [59, '59 s'],
  [61, '2 min'],
  [3600, '1 h 0 min'],
  [200 * 3600, '8 days 8 h'],
])('%d seconds read as %s', (seconds, text) => {
  expect(readableDuration(seconds)).toBe(text);
});
