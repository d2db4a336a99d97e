import '../s3-control/loopback-names.mjs';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { GetFunctionConcurrencyCommand, GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ARCHITECTURES } from '../../asset/architecture.ts';
import { findBatchDeployment } from '../../cli/backfill/batch/deployment.ts';
import { BatchJobs } from '../../cli/backfill/batch/jobs.ts';
import { PRESETS } from '../../config/presets.ts';
import { parseSettings } from '../../config/settings.ts';
import { findItem } from '../../local/aws/ledger-item.ts';
import type { LambdaRunner } from '../../local/function/lambda-runner.ts';
import { S3Control } from '../s3-control/server.ts';
import { ServiceModel } from '../s3-control/service-model.ts';
import { until } from '../until.ts';
import { DeployedModule } from './deployed-module.ts';
import { outputsSchema } from './deployed-stack.ts';
import { ofThisRun, type Printed, provedBy } from './documented-command.ts';
import { type EmulatedAws, startEmulatedAws } from './emulated-aws.ts';
import { liftPolicy, type Restore, removeUndeletable } from './emulator-gaps.ts';
import { PackagedFunction } from './packaged-function.ts';
import { withActionsOf } from './permission-checks.ts';
import { brokenPhoto, smallPhoto } from './photos.ts';
import { assumedRole, whilePermissionsAreEnforced } from './role-credentials.ts';
import { ENVIRONMENT_SUFFIX, workspace } from './workspace.ts';

const ROOT_MODULE = `
provider "aws" {
  region = "us-west-2"
}

module "pipeline" {
  source             = "./photo-sharing"
  notification_email = "you@example.com"
  batch_concurrency  = 20
}

output "pipeline" {
  value = module.pipeline
}
`;

/** The emulator drops this argument, so every plan would add it again. */
const UNSTORED_LOG = { resource: { aws_lambda_function: { batch_function: { lifecycle: { ignore_changes: ['logging_config'] } } } } };

const batchOutputsSchema = outputsSchema.extend({
  batch_function_name: z.string(),
  batch_role_arn: z.string(),
  batch_report_location: z.string(),
});

describe('photo-sharing with batch jobs, deployed as a module', () => {
  const deployed = new DeployedModule('batch-jobs');
  let aws: EmulatedAws;
  let outputs: z.infer<typeof batchOutputsSchema>;

  beforeAll(async () => {
    aws = await startEmulatedAws('us-west-2');
    const architecture = ARCHITECTURES.find(({ nodeCpu }) => nodeCpu === process.arch)?.name ?? 'x86_64';
    const settings = { ...PRESETS['photo-sharing'](), environmentSuffix: ENVIRONMENT_SUFFIX, architecture, batchJobs: true };
    await deployed.init(parseSettings(settings), ROOT_MODULE, aws);
    await writeFile(join(deployed.folder, 'photo-sharing', 'emulator_override.tf.json'), JSON.stringify(UNSTORED_LOG));
  });

  afterAll(() => aws?.close());

  test('is applied, with a function, a role and a private bucket for the jobs', async () => {
    await deployed.apply();

    outputs = batchOutputsSchema.parse(JSON.parse(await deployed.terraform('output', '-json', 'pipeline')));
    const { lambda, s3 } = aws.clients;
    expect(outputs).toMatchObject({
      batch_function_name: `${outputs.function_name}-batch`,
      batch_role_arn: `arn:aws:iam::123456789012:role/${outputs.function_name}-batch-jobs`,
      batch_report_location: 's3://photo-sharing-ci-batch-123456789012/reports/',
    });
    const [uploads, jobs] = await Promise.all(
      [outputs.function_name, outputs.batch_function_name].map((FunctionName) =>
        lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
      ),
    );
    expect(jobs).toMatchObject({ CodeSha256: uploads?.CodeSha256, Role: uploads?.Role, Timeout: uploads?.Timeout });
    expect(jobs?.Environment?.Variables).toMatchObject(uploads?.Environment?.Variables ?? {});
    expect(await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: outputs.batch_function_name }))).toMatchObject({
      ReservedConcurrentExecutions: 20,
    });
    const { PublicAccessBlockConfiguration } = await s3.send(
      new GetPublicAccessBlockCommand({ Bucket: 'photo-sharing-ci-batch-123456789012' }),
    );
    expect(Object.values(PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
  }, 400_000);

  describe('at work', () => {
    let control: S3Control;
    let runner: LambdaRunner;
    let restore: readonly Restore[];
    /** Called for every invocation, before the function. */
    let onInvocation: () => Promise<void> = async () => {};

    beforeAll(async () => {
      const { s3 } = aws.clients;
      const buckets = [outputs.upload_bucket_name, outputs.processed_bucket_name ?? '', outputs.batch_report_location.split('/')[2] ?? ''];
      restore = [
        ...buckets.map((bucket) => () => removeUndeletable(s3, bucket)),
        ...(await Promise.all(buckets.map((bucket) => liftPolicy(s3, bucket)))),
      ];
      const zip = join(deployed.folder, 'photo-sharing', 'assets', `image-processor-${process.arch === 'arm64' ? 'arm64' : 'x86_64'}.zip`);
      const code = await PackagedFunction.unpack(aws, outputs.function_name, zip, join(workspace().folder, 'batch-jobs-function'));
      runner = await code.start();
      control = await S3Control.start({
        account: '123456789012',
        region: 'us-west-2',
        s3,
        model: await ServiceModel.ofBotocore(),
        invoke: async (payload) => {
          await onInvocation();
          return runner.invoke(payload);
        },
      });
      Object.assign(process.env, operatorEnvironment());
    });

    afterAll(async () => {
      await control?.close();
      await runner?.close();
      for (const undo of restore ?? []) await undo();
    });

    function operatorEnvironment(): Record<string, string> {
      return {
        AWS_REGION: 'us-west-2',
        AWS_ENDPOINT_URL: aws.url,
        AWS_ENDPOINT_URL_S3_CONTROL: control.url,
        FUNCTION: outputs.function_name,
        NODE_OPTIONS: `--import=${pathToFileURL(join('__tests__', 's3-control', 'loopback-names.mjs'))}`,
      };
    }

    /** Starts a command with a shell, in a separate process group. */
    function start(command: string): { shell: ChildProcess; ended: Promise<Printed> } {
      const shell = spawn('bash', ['-ec', `exec 2>&1\n${command}`], {
        cwd: workspace().folder,
        env: { ...process.env, ...operatorEnvironment() },
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      });
      const output = text(shell.stdout ?? []);
      const ended = once(shell, 'close').then(async ([exitCode]) => ({ exitCode, output: await output }));
      return { shell, ended };
    }

    function backfill(options: string): Promise<Printed> {
      return start(`npm run --silent pipeline -- backfill --function $FUNCTION ${options}`).ended;
    }

    /** Uploads photos whose events are lost, and returns their keys. */
    async function upload(prefix: string, count: number): Promise<string[]> {
      const keys = Array.from({ length: count }, (_, n) => `${prefix}${n}, 100%+ü.jpg`);
      const Body = await smallPhoto();
      for (const Key of keys) await aws.clients.s3.send(new PutObjectCommand({ Bucket: outputs.upload_bucket_name, Key, Body }));
      return keys;
    }

    /** Checks that every photo is recorded as processed and that its rendition was written once. */
    async function expectOneEffect(prefix: string, keys: readonly string[]): Promise<void> {
      const { dynamodb, s3 } = aws.clients;
      const { upload_bucket_name: bucket, processed_bucket_name, metadata_table_name } = outputs;
      const items = await Promise.all(keys.map((key) => findItem(dynamodb, metadata_table_name, { bucket, key })));
      expect(items.map((item) => item?.Status)).toEqual(keys.map(() => 'processed'));
      const { Versions = [] } = await s3.send(
        new ListObjectVersionsCommand({ Bucket: processed_bucket_name, Prefix: `resized/${prefix}` }),
      );
      expect(Versions.map(({ Key }) => Key).toSorted()).toEqual(keys.map((key) => `resized/${key}`).toSorted());
    }

    test('processes photos whose events were lost, and reports those that fail, with requests as S3 describes them', async () => {
      const keys = await upload('lost/', 4);
      await aws.clients.s3.send(
        new PutObjectCommand({ Bucket: outputs.upload_bucket_name, Key: 'lost/broken.jpg', Body: await brokenPhoto() }),
      );

      const { exitCode, output } = await backfill('--batch --prefix lost/ --yes');

      expect({ exitCode, output }).toEqual({ exitCode: 1, output: expect.stringContaining('5 photos: 4 succeeded, 1 failed, 0 left') });
      expect(output).toContain('Corrupt: 1, such as "lost/broken.jpg"');
      await expectOneEffect('lost/', keys);
    });

    test('has a role that may read lists and write reports, and neither list nor delete', async () => {
      const name = outputs.batch_role_arn.split('/').at(-1) ?? '';
      const credentials = await assumedRole(aws, outputs.batch_role_arn);
      const Bucket = outputs.batch_report_location.split('/')[2];
      const [{ Key } = {}] = (await aws.clients.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'manifests/' }))).Contents ?? [];
      const asRole = new S3Client({
        endpoint: aws.url,
        region: aws.region,
        forcePathStyle: true,
        credentials: {
          accessKeyId: credentials.AWS_ACCESS_KEY_ID ?? '',
          secretAccessKey: credentials.AWS_SECRET_ACCESS_KEY ?? '',
          sessionToken: credentials.AWS_SESSION_TOKEN ?? '',
        },
      });
      const restorePolicy = await withActionsOf(aws.clients, name);
      try {
        await whilePermissionsAreEnforced(aws, async () => {
          const { Body } = await asRole.send(new GetObjectCommand({ Bucket, Key }));
          expect(await Body?.transformToString()).toContain(outputs.upload_bucket_name);
          await asRole.send(new PutObjectCommand({ Bucket, Key: 'reports/probe', Body: 'probe' }));
          await expect(asRole.send(new ListObjectsV2Command({ Bucket }))).rejects.toThrow(/denied|not authorized/i);
          await expect(asRole.send(new DeleteObjectCommand({ Bucket, Key: 'reports/probe' }))).rejects.toThrow(/denied|not authorized/i);
        });
      } finally {
        await restorePolicy();
      }
    });

    test('refuses what S3 would refuse', async () => {
      const jobs = new BatchJobs({ ...(await findBatchDeployment(outputs.function_name)), roleArn: 'no-role' });

      await expect(
        jobs.create({ list: { Manifest: { Spec: undefined, Location: undefined } }, description: '', waits: true }),
      ).rejects.toThrow(/body\.RoleArn does not match .*body\.Manifest\.Spec is missing/);
    });

    test('has one effect for each photo when a job is cancelled half-way and resumed, with photos that S3 lists', async () => {
      const keys = await upload('interrupted/', 10);
      let invocations = 0;
      let cancelling: Promise<unknown> | undefined;
      onInvocation = async () => {
        invocations += 1;
        if (invocations < 4) return;
        cancelling ??= backfill(`--cancel ${control.jobs[0]?.id}`);
        await cancelling;
      };

      const cancelled = await backfill(
        '--batch --all --prefix interrupted/ --suffix .jpg --uploaded-after 2020-01-01 --max-bytes 9999999 --yes',
      );
      onInvocation = async () => {};

      expect(cancelled.output).toMatch(/Cancelled.*\n {2}10 photos: \d succeeded, 0 failed, \d left$/m);
      const { exitCode, output } = await backfill(`--resume ${control.jobs[0]?.id} --yes`);
      expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.stringContaining('10 photos: 10 succeeded, 0 failed, 0 left') });
      await expectOneEffect('interrupted/', keys);
    });

    test('stops following at Ctrl-C, while the job continues', async () => {
      const keys = await upload('followed/', 8);
      let proceed = (): void => {};
      const released = new Promise<void>((resolve) => {
        proceed = resolve;
      });
      onInvocation = () => released;

      const { shell, ended } = start('npm run --silent pipeline -- backfill --function $FUNCTION --batch --prefix followed/ --yes');
      await until(() => control.jobs[0]?.request.Description?.includes('followed/') && control.jobs[0].status === 'Active');
      if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGINT');
      const { output } = await ended;

      expect(output).toContain(`No longer following the job ${control.jobs[0]?.id}, which is not affected.`);
      proceed();
      onInvocation = async () => {};
      await until(() => control.jobs[0]?.status === 'Complete');
      await expectOneEffect('followed/', keys);
    });

    test.each(provedBy('batch-jobs'))('can be operated as documented: `$name`', async ({ command, proof }) => {
      await upload('documented/', 2);
      const jobs = new BatchJobs(await findBatchDeployment(outputs.function_name));
      const { list } = await jobs.describe(control.jobs[0]?.id ?? '');
      if (list === undefined) throw new Error('the job has no list');
      const JOB = await jobs.create({ list, description: 'documented', waits: true, repetition: crypto.randomUUID() });

      const { exitCode, output } = await start(`JOB=${JOB}\n${ofThisRun(command.text)} ${proof.and ?? ''}`).ended;

      expect(output).toMatch(proof.prints);
      expect([0, 1]).toContain(exitCode);
      control.jobs.find(({ id }) => id === JOB)?.cancel();
    });
  });

  deployed.itEnds(() => aws);
});
