import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { register } from '../../../cli/backfill/command.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { type Ran, run, TestDeployment } from '../pipeline/test-deployment.ts';

let deployment: TestDeployment;

beforeAll(async () => {
  deployment = await TestDeployment.start(deploymentOf('upload-processing', 'backfill', 'x86_64'));
});

afterAll(() => deployment.close());

function backfill(...options: readonly string[]): Promise<Ran> {
  return run(register, 'backfill', '--function', deployment.functionName, '--rate', '1000', ...options);
}

describe('with a function whose answers the test sets', () => {
  const keys = Array.from({ length: 30 }, (_, number) => `uploads/many/${String(number).padStart(2, '0')}.jpg`);

  beforeAll(async () => {
    for (const key of keys) await deployment.upload(key);
  });

  test('it is invoked as by S3 Batch Operations, schema 1.0', async () => {
    const asked: unknown[] = [];
    deployment.invoke = async (payload) => {
      asked.push(payload);
      return { status: 'answered', payload: { results: [{ taskId: '', resultCode: 'Succeeded', resultString: 'processed' }] } };
    };

    await backfill('--prefix', 'uploads/many/00', '--apply', '--job', 'job-2');

    expect(asked).toEqual([
      {
        invocationSchemaVersion: '1.0',
        invocationId: expect.any(String),
        job: { id: 'job-2' },
        tasks: [
          {
            taskId: expect.any(String),
            s3Key: 'uploads%2Fmany%2F00.jpg',
            s3VersionId: null,
            s3BucketArn: 'arn:aws:s3:::image-upload-bucket-backfill-000000000000',
          },
        ],
      },
    ]);
  });

  test('every run is a new job', async () => {
    const jobs = new Set<unknown>();
    deployment.invoke = async (payload) => {
      jobs.add(Reflect.get(Object(Reflect.get(Object(payload), 'job')), 'id'));
      return { status: 'answered', payload: { results: [{ taskId: '', resultCode: 'Succeeded', resultString: 'processed' }] } };
    };

    for (let time = 0; time < 2; time++) await backfill('--prefix', 'uploads/many/0', '--apply');

    expect(jobs.size).toBe(2);
  });

  test('a temporary failure is reported and the command exits with 1', async () => {
    let failures = 1;
    deployment.invoke = async () => {
      const resultCode = failures-- > 0 ? 'TemporaryFailure' : 'Succeeded';
      return { status: 'answered', payload: { results: [{ taskId: '', resultCode, resultString: 'transient fault, see the log' }] } };
    };

    const { code, stdout } = await backfill('--prefix', 'uploads/many/', '--apply');

    expect(code).toBe(1);
    expect(stdout).toContain('Succeeded 29');
    expect(stdout).toContain('TemporaryFailure 1 (transient fault, see the log 1)');
    expect(stdout).toContain('Run it again to continue');
  });

  test('a broken function is not invoked for the whole bucket', async () => {
    let asked = 0;
    deployment.invoke = async () => {
      asked += 1;
      return { status: 'failed', error: { errorType: 'EnvironmentError', errorMessage: 'TABLE_NAME is missing' } };
    };

    const { code, stdout } = await run(
      register,
      'backfill',
      '--function',
      deployment.functionName,
      '--rate',
      '1',
      '--prefix',
      'uploads/none',
      '--apply',
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining('Nothing was invoked.')]);

    const broken = await backfill('--prefix', 'uploads/many/', '--apply');
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain('TABLE_NAME is missing');
    expect(broken.stdout).toMatch(/^Stopped after "uploads\/many\/19.jpg", because the function fails every time\./m);
    expect(asked).toBeLessThanOrEqual(30);
  });
});

test.each([[['--apply', '--dry-run']], [['--apply', '--batch']], [['--rate', '0']]])('%j is rejected', async (options) => {
  await expect(backfill(...options)).rejects.toMatchObject({ name: 'CommanderError' });
});
