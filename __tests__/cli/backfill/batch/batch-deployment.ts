import '../../../s3-control/loopback-names.mjs';
import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { register } from '../../../../cli/backfill/command.ts';
import { BATCH_JOBS, batchFunctionName } from '../../../../config/batch-jobs.ts';
import { deploymentOf } from '../../../../config/deployments.ts';
import type { PipelineSettings } from '../../../../config/settings.ts';
import { functionConfiguration } from '../../../../local/function/function-configuration.ts';
import { serveLambda } from '../../../lambda-endpoint.ts';
import type { BatchAnswer } from '../../../s3-control/batch-job.ts';
import { S3Control } from '../../../s3-control/server.ts';
import { type Ran, run, TestDeployment } from '../../pipeline/test-deployment.ts';

const BUCKET = 'jobs';
const ACCOUNT = '000000000000';

type LambdaEndpoint = Awaited<ReturnType<typeof serveLambda>>;

/** A deployment with batch jobs on the embedded AWS, and an S3 Control that runs them. */
export class BatchDeployment {
  readonly deployment: TestDeployment;
  readonly control: S3Control;
  /** Answers the invocations of jobs. */
  invoke: (payload: unknown) => Promise<BatchAnswer>;
  readonly #lambda: LambdaEndpoint;

  private constructor(deployment: TestDeployment, control: S3Control, lambda: LambdaEndpoint) {
    this.deployment = deployment;
    this.control = control;
    this.#lambda = lambda;
    this.invoke = (payload) => deployment.invoke(payload);
  }

  static async start(settings: PipelineSettings = deploymentOf('upload-processing', 'batch', 'x86_64')): Promise<BatchDeployment> {
    const deployment = await TestDeployment.start(settings);
    const { aws } = deployment;
    await aws.clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const control: S3Control = await S3Control.start({
      account: ACCOUNT,
      region: settings.region,
      s3: aws.clients.s3,
      thresholdTasks: 10,
      invoke: (payload) => batch.invoke(payload),
    });
    const { name, environment } = functionConfiguration(settings, aws.resources, aws.endpoints);
    const served = {
      name,
      environment,
      deadLetterQueueArn: `arn:aws:sqs:${settings.region}:${ACCOUNT}:dead-letters`,
      invoke: (payload: unknown) => deployment.invoke(payload),
    };
    const lambda = await serveLambda(served, {
      ...served,
      name: batchFunctionName(name),
      environment: {
        ...environment,
        [BATCH_JOBS.roleVariable]: `arn:aws:iam::${ACCOUNT}:role/batch-jobs`,
        [BATCH_JOBS.bucketVariable]: BUCKET,
      },
      reservedConcurrency: 50,
    });
    const batch = new BatchDeployment(deployment, control, lambda);
    Object.assign(process.env, batch.environment);
    return batch;
  }

  /** The environment variables by which commands find this deployment. */
  get environment(): Record<string, string> {
    return {
      ...this.deployment.environment,
      AWS_ENDPOINT_URL_LAMBDA: this.#lambda.url,
      AWS_ENDPOINT_URL_S3_CONTROL: this.control.url,
    };
  }

  async close(): Promise<void> {
    await this.control.close();
    await this.#lambda.close();
    await this.deployment.close();
  }

  /** Runs `backfill` for this deployment. */
  backfill(...options: readonly string[]): Promise<Ran> {
    return run(register, 'backfill', '--function', this.deployment.functionName, ...options);
  }

  /** Returns the id of the newest job. */
  get newestJob(): string {
    return this.control.jobs[0]?.id ?? '';
  }

  /** Returns a file in the bucket of the jobs. */
  async file(Key: string): Promise<string> {
    const { Body } = await this.deployment.aws.clients.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    return (await Body?.transformToString()) ?? '';
  }

  async isRendered(key: string): Promise<boolean> {
    const head = new HeadObjectCommand({ Bucket: this.deployment.aws.resources.outputBucket, Key: `processed/${key}` });
    return this.deployment.aws.clients.s3.send(head).then(
      () => true,
      () => false,
    );
  }
}

/** Answers like a function that did everything. */
export function succeeding(payload: unknown): Promise<BatchAnswer> {
  return answering('Succeeded', 'processed')(payload);
}

/** Returns a function that gives every task the same result. */
export function answering(resultCode: string, resultString: string): (payload: unknown) => Promise<BatchAnswer> {
  return async (payload) => {
    const { invocationId, tasks } = payload as { invocationId: string; tasks: { taskId: string }[] };
    const results = tasks.map(({ taskId }) => ({ taskId, resultCode, resultString }));
    return { status: 'answered', payload: { invocationSchemaVersion: '1.0', invocationId, results } };
  };
}
