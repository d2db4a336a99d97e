import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { register } from '../../../cli/backfill/command.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { makePhoto } from '../../fixtures/photos.ts';
import { type Ran, run, TestDeployment } from '../pipeline/test-deployment.ts';

let deployment: TestDeployment;
let photo: Buffer;

beforeAll(async () => {
  [deployment, photo] = await Promise.all([
    TestDeployment.start(deploymentOf('upload-processing', 'backfill', 'x86_64')),
    makePhoto({ width: 320, height: 240 }),
  ]);
});

afterAll(() => deployment.close());

function backfill(...options: readonly string[]): Promise<Ran> {
  return run(register, 'backfill', '--function', deployment.functionName, '--rate', '1000', ...options);
}

async function isRendered(key: string): Promise<boolean> {
  const head = new HeadObjectCommand({ Bucket: deployment.aws.resources.outputBucket, Key: `processed/${key}` });
  return deployment.aws.clients.s3.send(head).then(
    () => true,
    () => false,
  );
}

describe('a backfill with the real function', () => {
  const bucket = ['uploads/real/a.jpg', 'uploads/real/my photo, 100%+.jpg', 'uploads/real/other-settings.jpg'];
  let invoked = 0;

  beforeAll(async () => {
    await deployment.startFunction();
    const { invoke } = deployment;
    deployment.invoke = (payload) => {
      invoked += 1;
      return invoke(payload);
    };
    for (const key of bucket) await deployment.upload(key, photo);
    await deployment.record('uploads/real/other-settings.jpg', { effect: 'processed', recipeHash: 'another' });
    await deployment.upload('uploads/real/truncated.jpg', photo.subarray(0, photo.length / 2));
    await deployment.record('uploads/real/truncated.jpg', { effect: 'failed' });
    await deployment.upload('uploads/real/notes.txt');
  });

  test('without --apply, it counts the photos to process by reason and invokes nothing', async () => {
    const { code, stdout } = await backfill('--prefix', 'uploads/real/');

    expect(code).toBe(0);
    expect(stdout).toMatch(/^To process: 4 photos$/m);
    expect(stdout).toMatch(/^ {2}failed +1 {2}Corrupt 1$/m);
    expect(stdout).toMatch(/^ {2}other settings +1$/m);
    expect(stdout).toMatch(/^ {2}arriving +2$/m);
    expect(stdout).toContain('Nothing was invoked.');
    expect(invoked).toBe(0);
  });

  test('with --apply, the function processes each photo, whatever characters its key has, and failed photos fail again', async () => {
    const { code, stdout } = await backfill('--prefix', 'uploads/real/', '--apply', '--job', 'job-1');

    expect(stdout).toContain('Succeeded 3 (processed 3)');
    expect(stdout).toContain('PermanentFailure  "uploads/real/truncated.jpg"  Corrupt');
    expect(stdout).toContain('PermanentFailure 1 (Corrupt 1)');
    expect(code).toBe(0);
    expect(await Promise.all(bucket.map(isRendered))).toEqual([true, true, true]);
  });

  test('a finished photo is not processed again, and a job does not retry its own failures', async () => {
    expect((await backfill('--prefix', 'uploads/real/', '--apply', '--job', 'job-1')).stdout).toContain('Nothing was invoked.');
    expect((await backfill('--prefix', 'uploads/real/')).stdout).toMatch(/^To process: 1 photo$/m);
  });
});
