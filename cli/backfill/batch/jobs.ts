import { createHash } from 'node:crypto';
import {
  CreateJobCommand,
  type CreateJobRequest,
  DescribeJobCommand,
  type JobDescriptor,
  type JobManifest,
  type JobManifestGenerator,
  JobStatus,
  paginateListJobs,
  S3ControlClient,
  S3ControlServiceException,
  UpdateJobStatusCommand,
} from '@aws-sdk/client-s3-control';
import { BATCH_JOBS } from '../../../config/batch-jobs.ts';
import { recipeHash } from '../../../lambda-src/contract/recipe.ts';
import { readableText } from '../../../local/ui/readable.ts';
import { OperatorError } from '../../pipeline/command-line.ts';
import type { BatchDeployment } from './deployment.ts';

/** Where a job gets its photos from: a list that was uploaded, or one that S3 generates. */
export type PhotoList = { readonly Manifest: JobManifest } | { readonly ManifestGenerator: JobManifestGenerator };

/** A job to create. */
export interface JobRequest {
  readonly list: PhotoList;
  /** What the job processes, for the list of jobs. */
  readonly description: string;
  /** Whether the job waits for `confirm` once S3 has counted its photos. */
  readonly waits: boolean;
  /** Distinguishes this request from earlier ones for the same photos. Default: it is the same request, and so the same job. */
  readonly repetition?: string | undefined;
}

/** A job as this command describes it. */
export interface BatchJob {
  readonly id: string;
  readonly status: JobStatus;
  readonly description: string;
  /** Number of photos; 0 until S3 has counted them. */
  readonly photos: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly createdAt: Date;
  readonly activeSeconds: number;
  /** Why the job failed; empty if it did not. */
  readonly failureReasons: readonly string[];
}

/** A job, and the list from which another job for the same photos can be created. */
export interface DescribedJob extends BatchJob {
  readonly list: PhotoList | undefined;
}

/** Statuses that a job does not leave (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-status.html). */
const ENDED: readonly JobStatus[] = [JobStatus.Complete, JobStatus.Failed, JobStatus.Cancelled];

/** Whether a job has ended. */
export function hasEnded({ status }: Pick<BatchJob, 'status'>): boolean {
  return ENDED.includes(status);
}

/** The S3 Batch Operations jobs of one deployment. */
export class BatchJobs {
  readonly #deployment: BatchDeployment;
  readonly #client = new S3ControlClient({});

  constructor(deployment: BatchDeployment) {
    this.#deployment = deployment;
  }

  /** Creates a job and returns its id. The same request returns the same job, even if it has ended. */
  async create({ list, description, waits, repetition = '' }: JobRequest): Promise<string> {
    const { account, partition, functionArn, functionName, roleArn, bucket, settings } = this.#deployment;
    const request: Omit<CreateJobRequest, 'ClientRequestToken'> = {
      AccountId: account,
      ConfirmationRequired: waits,
      Description: `${this.#marker}${readableText(description)}`.slice(0, MAX_DESCRIPTION),
      Operation: { LambdaInvoke: { FunctionArn: functionArn } },
      Priority: 10,
      RoleArn: roleArn,
      Report: {
        Enabled: true,
        Bucket: `arn:${partition}:s3:::${bucket}`,
        ExpectedBucketOwner: account,
        Prefix: BATCH_JOBS.reportPrefix.slice(0, -1),
        Format: 'Report_CSV_20180820',
        // Photos that succeed are only counted: a report could have ten million lines of them.
        ReportScope: 'FailedTasksOnly',
      },
      ...list,
    };
    const ClientRequestToken = tokenOf([request, functionName, recipeHash(settings.recipe), repetition]);
    const { JobId = '' } = await this.#client.send(new CreateJobCommand({ ...request, ClientRequestToken }));
    return JobId;
  }

  /**
   * Reads a job.
   * @throws {OperatorError} when there is none with this id, or it belongs to another deployment
   */
  async describe(JobId: string): Promise<DescribedJob> {
    const { Job = {} } = await this.#found(JobId, (AccountId) => this.#client.send(new DescribeJobCommand({ AccountId, JobId })));
    if (Job.Operation?.LambdaInvoke?.FunctionArn !== this.#deployment.functionArn) {
      throw new OperatorError(`The job ${JobId} is not one of "${this.#deployment.functionName}". --status lists its jobs.`);
    }
    return { ...jobOf(Job), list: listOf(Job) };
  }

  /** Yields the jobs of this deployment, newest first, as far back as S3 keeps them: 90 days. */
  async *list(): AsyncGenerator<BatchJob> {
    for await (const { Jobs = [] } of paginateListJobs({ client: this.#client }, { AccountId: this.#deployment.account })) {
      yield* Jobs.map(({ Operation: _, ...job }) => jobOf(job)).filter(({ description }) => description.startsWith(this.#marker));
    }
  }

  /** Lets a waiting job run. */
  async confirm(id: string): Promise<void> {
    await this.#update(id, 'Ready');
  }

  /**
   * Cancels a job. Photos that are finished stay finished.
   * @throws {OperatorError} when it has ended
   */
  async cancel(id: string): Promise<void> {
    await this.#update(id, 'Cancelled');
  }

  async #update(JobId: string, RequestedJobStatus: 'Ready' | 'Cancelled'): Promise<void> {
    await this.#found(JobId, (AccountId) => this.#client.send(new UpdateJobStatusCommand({ AccountId, JobId, RequestedJobStatus })));
  }

  /** Begins the description of every job of this deployment, because a list of jobs does not name their functions. */
  get #marker(): string {
    return `${this.#deployment.functionName}: `;
  }

  async #found<Answer>(id: string, request: (account: string) => Promise<Answer>): Promise<Answer> {
    const missing = `There is no job "${readableText(id)}". --status lists the jobs of this deployment.`;
    if (!JOB_ID.test(id)) throw new OperatorError(missing);
    try {
      return await request(this.#deployment.account);
    } catch (cause) {
      if (!(cause instanceof S3ControlServiceException)) throw cause;
      if (cause.$metadata.httpStatusCode === 404) throw new OperatorError(missing, { cause });
      if (cause.name === 'JobStatusException')
        throw new OperatorError(`The job ${id} does not permit this now: ${cause.message}`, { cause });
      throw cause;
    }
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_DescribeJob.html */
const JOB_ID = /^[\w-]{5,36}$/;

/** Maximum length of a description (https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html). */
const MAX_DESCRIPTION = 256;

/** Derives the token by which S3 recognizes a repeated request; at most 64 characters. */
function tokenOf(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('base64url');
}

function jobOf(job: Omit<JobDescriptor, 'Operation'>): BatchJob {
  const {
    JobId = '',
    Status = JobStatus.New,
    Description = '',
    ProgressSummary = {},
    CreationTime = new Date(0),
    FailureReasons = [],
  } = job;
  return {
    id: JobId,
    status: Status,
    description: Description,
    photos: ProgressSummary.TotalNumberOfTasks ?? 0,
    succeeded: ProgressSummary.NumberOfTasksSucceeded ?? 0,
    failed: ProgressSummary.NumberOfTasksFailed ?? 0,
    createdAt: CreationTime,
    activeSeconds: ProgressSummary.Timers?.ElapsedTimeInActiveSeconds ?? 0,
    failureReasons: FailureReasons.map(({ FailureCode = '', FailureReason = '' }) => `${FailureCode}: ${FailureReason}`),
  };
}

/** A job with a generated list describes that list as well once there is one; another job generates its own. */
function listOf({ Manifest, ManifestGenerator }: JobDescriptor): PhotoList | undefined {
  if (ManifestGenerator !== undefined) return { ManifestGenerator };
  return Manifest === undefined ? undefined : { Manifest };
}
