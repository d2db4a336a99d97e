import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { findBatchDeployment } from '../../../../cli/backfill/batch/deployment.ts';
import { BatchJobs } from '../../../../cli/backfill/batch/jobs.ts';
import { answering, BatchDeployment, succeeding } from './batch-deployment.ts';

let batch: BatchDeployment;
const invoked: unknown[] = [];

beforeAll(async () => {
  batch = await BatchDeployment.start();
  for (const name of ['a,b.jpg', 'Grüße + 100%.jpg', 'plain.jpg'])
    await batch.deployment.upload(`uploads/listed/${name}`, Buffer.alloc(2000));
  await batch.deployment.upload('uploads/listed/notes.txt');
});

afterAll(() => batch.close());

beforeEach(() => {
  invoked.length = 0;
  batch.invoke = (payload) => {
    invoked.push(payload);
    return succeeding(payload);
  };
});

const listed = ['--batch', '--prefix', 'uploads/listed/'];

describe('a job for photos without a result', () => {
  test('shows photos, bytes, duration and cost, runs, and reports the outcome', async () => {
    const { code, stdout } = await batch.backfill(...listed, '--yes');

    expect(stdout).toMatch(/^To process: 3 photos, 6.0 kB$/m);
    expect(stdout).toMatch(/^ {2}Duration {2}about 1 s with 50 concurrent executions/m);
    expect(stdout).toMatch(/^ {2}Cost {6}about \$0\.25 if every photo needs processing: S3 Batch Operations \$0\.25, Lambda \$0\.00, /m);
    expect(stdout).toMatch(new RegExp(`^Job ${batch.newestJob}: Complete after \\d s$`, 'm'));
    expect(stdout).toMatch(/^ {2}3 photos: 3 succeeded, 0 failed, 0 left$/m);
    expect(code).toBe(0);
    expect(invoked).toHaveLength(3);
  });

  test('lists the photos in S3, by encoded key and without a version', async () => {
    const [job] = batch.control.jobs;

    expect(job?.request).toMatchObject({
      Description: `${batch.deployment.functionName}: photos without a current result under "uploads/listed/"`,
      ConfirmationRequired: 'false',
      Manifest: { Spec: { Fields: ['Bucket', 'Key'] } },
      Report: { Bucket: 'arn:aws:s3:::jobs', Prefix: 'reports', ReportScope: 'FailedTasksOnly' },
    });
    const bucket = batch.deployment.aws.resources.uploadBucket;
    const key = job?.request.Manifest?.Location.ObjectArn.replace('arn:aws:s3:::jobs/', '') ?? '';
    expect((await batch.file(key)).split('\n').toSorted()).toEqual([
      '',
      `${bucket},uploads/listed/Gr%C3%BC%C3%9Fe%20%2B%20100%25.jpg`,
      `${bucket},uploads/listed/a%2Cb.jpg`,
      `${bucket},uploads/listed/plain.jpg`,
    ]);
  });

  test('is the same job when it is requested again, unless --again asks for another', async () => {
    const first = batch.newestJob;

    const { code, stdout } = await batch.backfill(...listed, '--yes');
    expect(stdout).toContain(
      `The same request was the job ${first}, which has ended (Complete). To run it again as another job, add --again.`,
    );
    expect(code).toBe(0);
    expect([batch.control.jobs.length, invoked.length]).toEqual([1, 0]);

    await batch.backfill(...listed, '--yes', '--again');
    expect([batch.control.jobs.length, invoked.length]).toEqual([2, 3]);
  });

  test('can be limited by ending, size and time', async () => {
    const counts: Record<string, unknown> = {};
    for (const filter of [
      '--suffix .JPG',
      '--suffix .png',
      '--min-bytes 2000',
      '--min-bytes 2001',
      '--max-bytes 1999',
      '--uploaded-after 2020-01-01',
      '--uploaded-before 2020-01-01T10:30',
    ])
      counts[filter] = /To process: (\d+)/.exec((await batch.backfill(...listed, ...filter.split(' '), '--yes')).stdout)?.[1];

    expect(counts).toEqual({
      '--suffix .JPG': '3',
      '--suffix .png': '0',
      '--min-bytes 2000': '3',
      '--min-bytes 2001': '0',
      '--max-bytes 1999': '0',
      '--uploaded-after 2020-01-01': '3',
      '--uploaded-before 2020-01-01T10:30': '0',
    });
  });
});

describe('a job whose photos S3 lists', () => {
  const all = ['--batch', '--all', '--prefix', 'uploads/listed/'];

  test('gets the filter in the terms of S3, waits until the photos are counted, and runs', async () => {
    const { code, stdout } = await batch.backfill(
      ...all,
      '--suffix',
      '.jpg',
      '--min-bytes',
      '10',
      '--max-bytes',
      '5000',
      '--uploaded-after',
      '2020-01-01',
      '--yes',
    );

    expect(batch.control.jobs[0]?.request).toMatchObject({
      ConfirmationRequired: 'true',
      ManifestGenerator: {
        S3JobManifestGenerator: {
          SourceBucket: `arn:aws:s3:::${batch.deployment.aws.resources.uploadBucket}`,
          ExpectedBucketOwner: '000000000000',
          EnableManifestOutput: 'false',
          Filter: {
            KeyNameConstraint: { MatchAnyPrefix: ['uploads/listed/'], MatchAnySuffix: ['.jpg', '.JPG', '.Jpg'] },
            ObjectSizeGreaterThanBytes: 9,
            ObjectSizeLessThanBytes: 5001,
            CreatedAfter: new Date('2020-01-01'),
          },
        },
      },
    });
    expect(stdout).toMatch(/^To process: 3 photos, about 6.0 kB \(projected from 3 photos\)$/m);
    expect([code, invoked.length]).toEqual([0, 3]);
  });

  test('stays within what the trigger covers', async () => {
    await batch.backfill('--batch', '--all', '--yes');

    expect(batch.control.jobs[0]?.request.ManifestGenerator?.S3JobManifestGenerator.Filter.KeyNameConstraint).toEqual({
      MatchAnyPrefix: ['uploads/'],
      MatchAnySuffix: expect.arrayContaining(['.jpg', '.JPEG', '.Png']),
    });
  });

  test('says why S3 gave up', async () => {
    const { code, stdout } = await batch.backfill('--batch', '--all', '--prefix', 'uploads/nothing/', '--yes');

    expect(stdout).toContain('S3 gave up: NoObjectsFound: No objects match');
    expect(code).toBe(1);
  });
});

describe('limits', () => {
  test.each([
    [
      'photos',
      ['--max-objects', '2'],
      'The job has 3 photos, more than --max-objects 2. Nothing was invoked. Narrow the job with --prefix,',
    ],
    ['cost', ['--max-dollars', '0.2'], 'The job costs about $0.25, more than --max-dollars 0.2. Nothing was invoked.'],
  ])('on %s keep a listed job from being created, and cancel one that S3 listed', async (_, limit, message) => {
    const before = batch.control.jobs.length;

    await expect(batch.backfill(...listed, '--again', '--yes', ...limit)).rejects.toThrow(message);
    expect(batch.control.jobs).toHaveLength(before);

    const all = ['--batch', '--all', '--prefix', 'uploads/listed/', '--min-bytes', '7'];
    await expect(batch.backfill(...all, '--yes', ...limit)).rejects.toThrow(message);
    expect(batch.control.jobs[0]?.status).toMatch(/^Cancel/);
    expect(invoked).toEqual([]);
  });
});

test('the same request can run after its first job was cancelled by a limit', async () => {
  const { stdout } = await batch.backfill('--batch', '--all', '--prefix', 'uploads/listed/', '--min-bytes', '7', '--yes');

  expect(stdout).toContain('3 photos: 3 succeeded');
  expect(invoked).toHaveLength(3);
});

describe('consent', () => {
  /** Runs the command with a terminal on which this is typed. */
  async function typing(text: string, ...options: readonly string[]) {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') ?? {};
    Object.defineProperty(process, 'stdin', { ...stdin, get: () => terminal });
    terminal.write(`${text}\n`);
    try {
      return await batch.backfill(...options);
    } finally {
      Object.defineProperty(process, 'stdin', stdin);
    }
  }

  test('is required: without a terminal, nothing is listed or created', async () => {
    const before = batch.control.requests.length;

    await expect(batch.backfill(...listed, '--again')).rejects.toThrow(/there is no terminal to ask on\. Add --yes;/);
    expect(batch.control.requests).toHaveLength(before);
  });

  test.each([[[]], [['--all']]])('is asked for, and nothing is invoked without it (%j)', async (options) => {
    expect((await typing('n', ...listed, '--again', ...options)).code).toBe(0);
    expect(invoked).toEqual([]);

    expect((await typing('y', ...listed, '--again', ...options)).stdout).toContain('3 succeeded');
    expect(invoked).toHaveLength(3);
  });
});

describe('an ended job', () => {
  test('is summarized with the reasons in its report, most frequent first', async () => {
    batch.invoke = async (payload) => {
      const isPlain = JSON.stringify(payload).includes('plain');
      return answering('PermanentFailure', isPlain ? 'gone' : 'Corrupt')(payload);
    };

    const { code, stdout } = await batch.backfill(...listed, '--yes', '--again');

    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}3 photos: 0 succeeded, 3 failed, 0 left$/m);
    expect(stdout).toMatch(
      /^ {2}Corrupt: 2, such as "uploads\/listed\/[^"]+", "uploads\/listed\/[^"]+"\n {2}gone: 1, such as "uploads\/listed\/plain\.jpg"$/m,
    );
    expect(stdout).toContain('"uploads/listed/Grüße + 100%.jpg"');
    expect(stdout).toContain(`Report: s3://jobs/reports/job-${batch.newestJob}/manifest.json`);
    expect(stdout).toContain(`--resume ${batch.newestJob}`);
    const again = await batch.backfill('--status', batch.newestJob);
    expect(again.code).toBe(1);
    expect(stdout).toContain(again.stdout);
  });

  test('can be repeated by --resume, twice as one job', async () => {
    const failed = batch.newestJob;

    const { code, stdout } = await batch.backfill('--resume', failed, '--yes');

    expect(stdout).toContain('3 succeeded');
    expect([code, invoked.length]).toEqual([0, 3]);
    const resumed = batch.newestJob;
    await batch.backfill('--resume', failed, '--yes');
    expect(batch.newestJob).toBe(resumed);
    expect(invoked).toHaveLength(3);
  });

  test('cannot be cancelled', async () => {
    await expect(batch.backfill('--cancel', batch.newestJob)).rejects.toThrow(/does not permit this now: The job is Complete/);
  });
});

test('S3 stops a job if more than half of its tasks fail; the rest remains', async () => {
  await Promise.all(Array.from({ length: 15 }, (_, n) => batch.deployment.upload(`uploads/many/${n}.jpg`)));
  batch.invoke = answering('PermanentFailure', 'Corrupt');

  const { code, stdout } = await batch.backfill('--batch', '--prefix', 'uploads/many/', '--yes');

  expect(stdout).toContain('Failed');
  expect(stdout).toContain('S3 gave up: JobFailureThresholdExceeded');
  expect(stdout).toMatch(/15 photos: 0 succeeded, 1\d failed, \d left/);
  expect(code).toBe(1);
});

test('--status lists the jobs of this deployment on all pages, and no others', async () => {
  const own = batch.control.jobs.map(({ id }) => id);
  const foreign = await jobOfAnotherFunction();

  const { stdout } = await batch.backfill('--status');

  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ).toEqual(own);
  for (const option of ['--status', '--resume', '--cancel'])
    await expect(batch.backfill(option, foreign)).rejects.toThrow(`The job ${foreign} is not one of "${batch.deployment.functionName}".`);
});

/** Creates a job of another deployment in the same account, and returns its id. */
async function jobOfAnotherFunction(): Promise<string> {
  const jobs = new BatchJobs({
    ...(await findBatchDeployment(batch.deployment.functionName)),
    functionName: 'another',
    functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:another-batch',
  });
  const list = { ManifestGenerator: { S3JobManifestGenerator: { SourceBucket: 'arn:aws:s3:::another', EnableManifestOutput: false } } };
  return jobs.create({ list, description: 'photos', waits: true });
}
