import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { InvocationAnswer } from '../../local/function/invocation.ts';

/** The answer of the function to S3, which may also find no concurrency left. */
export type BatchAnswer = InvocationAnswer | { readonly status: 'throttled' };

/** What jobs work with. */
export interface JobSurroundings {
  readonly s3: S3Client;
  invoke(payload: unknown): Promise<BatchAnswer>;
  /** Number of finished tasks from which on a job fails if more than half of them failed. Default: 1,000, as on AWS. */
  readonly thresholdTasks?: number;
}

const many = z.union([z.array(z.string()), z.string()]).transform((value) => [value].flat());
const list = z.object({ member: many }).transform(({ member }) => member);

const filterSchema = z.object({
  KeyNameConstraint: z.object({ MatchAnyPrefix: list.optional(), MatchAnySuffix: list.optional() }).default({}),
  ObjectSizeGreaterThanBytes: z.coerce.number().default(-1),
  ObjectSizeLessThanBytes: z.coerce.number().default(Number.POSITIVE_INFINITY),
  CreatedAfter: z.coerce.date().optional(),
  CreatedBefore: z.coerce.date().optional(),
});
type Filter = z.infer<typeof filterSchema>;

/** The parts of a CreateJobRequest that decide what a job does, as elements of XML. */
export const jobRequestSchema = z.looseObject({
  ConfirmationRequired: z.enum(['true', 'false']),
  Description: z.string().optional(),
  Operation: z.object({ LambdaInvoke: z.looseObject({ FunctionArn: z.string() }) }),
  Report: z.looseObject({ Bucket: z.string(), Prefix: z.string(), ReportScope: z.enum(['AllTasks', 'FailedTasksOnly']) }),
  Manifest: z
    .object({
      Spec: z.object({ Format: z.literal('S3BatchOperations_CSV_20180820'), Fields: list }),
      Location: z.looseObject({ ObjectArn: z.string(), ETag: z.string() }),
    })
    .optional(),
  ManifestGenerator: z
    .object({
      S3JobManifestGenerator: z.looseObject({
        SourceBucket: z.string(),
        Filter: z.preprocess((filter) => (filter === '' ? {} : filter), filterSchema).default(() => filterSchema.parse({})),
      }),
    })
    .optional(),
});
export type JobRequest = z.infer<typeof jobRequestSchema>;

/** Why S3 gave up a job (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-status.html#batch-ops-job-status-failure). */
interface Failure {
  readonly code: string;
  readonly reason: string;
}

const THRESHOLD_SHARE = 0.5;

/** How often a task is tried whose failure may be temporary. */
const ATTEMPTS = 5;

/** Number of invocations at once. */
const CONCURRENCY = 3;

const answerSchema = z.object({
  invocationSchemaVersion: z.literal('1.0'),
  invocationId: z.string(),
  results: z.array(z.object({ taskId: z.string(), resultCode: z.string(), resultString: z.string() })).length(1),
});

interface Task {
  readonly bucket: string;
  /** URL-encoded. */
  readonly key: string;
}

interface DoneTask extends Task {
  readonly succeeded: boolean;
  readonly code: string;
  readonly message: string;
}

/** A job of S3 Batch Operations that invokes a function, as AWS documents it. */
export class BatchJob {
  readonly id = randomUUID();
  readonly createdAt = new Date();
  readonly request: JobRequest;
  status = 'New';
  failure: Failure | undefined;
  #tasks: readonly Task[] = [];
  readonly #done: DoneTask[] = [];
  #started = Date.now();
  #confirmed: () => void = () => {};
  readonly #surroundings: JobSurroundings;

  constructor(request: JobRequest, surroundings: JobSurroundings) {
    this.request = request;
    this.#surroundings = surroundings;
  }

  get progress(): { readonly total: number; readonly succeeded: number; readonly failed: number; readonly seconds: number } {
    const succeeded = this.#done.filter((task) => task.succeeded).length;
    const seconds = Math.ceil((Date.now() - this.#started) / 1000);
    return { total: this.#tasks.length, succeeded, failed: this.#done.length - succeeded, seconds };
  }

  /** Runs the job until it has ended. */
  async run(): Promise<void> {
    try {
      this.status = 'Preparing';
      this.#tasks = await this.#prepare();
      if (this.request.ConfirmationRequired === 'true') await this.#confirmation();
      if (!this.#isCancelled) await this.#work();
    } catch (error) {
      if (error instanceof JobFailedError) this.failure = error.failure;
      // The manifest or the bucket cannot be read.
      else if (error instanceof S3ServiceException) this.failure = { code: error.name, reason: error.message };
      else throw error;
    }
    if (this.#done.length > 0) await this.#report();
    this.status = this.failure !== undefined ? 'Failed' : this.#isCancelled ? 'Cancelled' : 'Complete';
  }

  /** Lets the job run. Returns false if it does not wait. */
  confirm(): boolean {
    if (this.status !== 'Suspended') return false;
    this.status = 'Ready';
    this.#confirmed();
    return true;
  }

  /** Invokes the function for no further task. Returns false if the job has ended. */
  cancel(): boolean {
    if (['Complete', 'Failed', 'Cancelled'].includes(this.status)) return false;
    this.status = 'Cancelling';
    this.#confirmed();
    return true;
  }

  get #isCancelled(): boolean {
    return this.status === 'Cancelling';
  }

  async #confirmation(): Promise<void> {
    if (this.#isCancelled) return;
    const confirmed = new Promise<void>((resolve) => {
      this.#confirmed = resolve;
    });
    this.status = 'Suspended';
    await confirmed;
  }

  async #prepare(): Promise<Task[]> {
    const { Manifest, ManifestGenerator } = this.request;
    const generator = ManifestGenerator?.S3JobManifestGenerator;
    const tasks = generator === undefined ? await this.#readManifest(Manifest) : await this.#generate(generator);
    if (tasks.length === 0) throw new JobFailedError('NoObjectsFound', 'No objects match the manifest or its filter.');
    return tasks;
  }

  async #readManifest(manifest: JobRequest['Manifest']): Promise<Task[]> {
    if (manifest === undefined) throw new JobFailedError('ManifestNotFound', 'The job has no manifest.');
    const { bucket: Bucket, key: Key } = locationOf(manifest.Location.ObjectArn);
    const { Body, ETag } = await this.#surroundings.s3.send(new GetObjectCommand({ Bucket, Key }));
    if (ETag?.replaceAll('"', '') !== manifest.Location.ETag)
      throw new JobFailedError('ManifestETagMismatch', 'The ETag of the manifest has changed.');
    const lines = ((await Body?.transformToString()) ?? '').split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const [bucket = '', key = '', ...more] = line.split(',');
      if (more.length > 0) throw new JobFailedError('InvalidManifestContent', `The manifest has ${more.length + 2} columns.`);
      return { bucket, key };
    });
  }

  async #generate({ SourceBucket, Filter }: { readonly SourceBucket: string; readonly Filter: Filter }): Promise<Task[]> {
    const { bucket: Bucket } = locationOf(SourceBucket);
    const tasks: Task[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#surroundings.s3 }, { Bucket })) {
      for (const { Key = '', Size = 0, LastModified = new Date() } of Contents)
        if (isSelected(Filter, { key: Key, size: Size, time: LastModified })) tasks.push({ bucket: Bucket, key: encodeURIComponent(Key) });
    }
    return tasks;
  }

  async #work(): Promise<void> {
    this.status = 'Active';
    this.#started = Date.now();
    const { thresholdTasks = 1000 } = this.#surroundings;
    const waiting = [...this.#tasks];
    const worker = async (): Promise<void> => {
      for (let task = waiting.shift(); task !== undefined && !this.#isCancelled; task = waiting.shift()) {
        this.#done.push(await this.#runTask(task));
        const { succeeded, failed } = this.progress;
        if (succeeded + failed >= thresholdTasks && failed / (succeeded + failed) > THRESHOLD_SHARE)
          throw new JobFailedError('JobFailureThresholdExceeded', 'Job failure rate is above 50 %.');
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  }

  /** Tries a task until it has a lasting result. Neither a throttled invocation nor an error of the function is one. */
  async #runTask(task: Task): Promise<DoneTask> {
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#invoke(task);
      if (result.code !== 'TemporaryFailure' || attempt === ATTEMPTS) return { ...task, ...result, succeeded: result.code === 'Succeeded' };
      await delay(20 * 2 ** attempt);
    }
  }

  async #invoke({ bucket, key }: Task): Promise<{ code: string; message: string }> {
    const invocationId = randomUUID();
    const taskId = randomUUID();
    const answer = await this.#surroundings.invoke({
      invocationSchemaVersion: '1.0',
      invocationId,
      job: { id: this.id },
      tasks: [{ taskId, s3Key: key, s3VersionId: null, s3BucketArn: `arn:aws:s3:::${bucket}` }],
    });
    if (answer.status === 'throttled') return { code: 'TemporaryFailure', message: 'Rate Exceeded.' };
    if (answer.status === 'failed')
      return { code: 'TemporaryFailure', message: `Lambda returned function error: ${JSON.stringify(answer.error)}` };
    const parsed = answerSchema.safeParse(answer.payload).data;
    const [result] = parsed?.results ?? [];
    if (parsed?.invocationId !== invocationId || result?.taskId !== taskId)
      return { code: 'PermanentFailure', message: 'Invalid JSON returned in Lambda payload' };
    return { code: result.resultCode, message: result.resultString };
  }

  /** Stores the report (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html). */
  async #report(): Promise<void> {
    const { Bucket, Prefix, ReportScope } = this.request.Report;
    const folder = `${Prefix}/job-${this.id}`;
    const { bucket } = locationOf(Bucket);
    const put = (Key: string, Body: string) => this.#surroundings.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    const Results: object[] = [];
    for (const status of ['succeeded', 'failed']) {
      const tasks = this.#done.filter(({ succeeded }) => succeeded === (status === 'succeeded'));
      if (tasks.length === 0 || (status === 'succeeded' && ReportScope === 'FailedTasksOnly')) continue;
      const csv = tasks
        .map((task) => csvLine([task.bucket, task.key, '', status, '200', task.succeeded ? '' : 'PermanentFailure', task.message]))
        .join('');
      const digest = createHash('md5').update(csv).digest('hex');
      const Key = `${folder}/results/${digest}.csv`;
      await put(Key, csv);
      Results.push({ TaskExecutionStatus: status, Bucket: bucket, MD5Checksum: digest, Key });
    }
    const ReportSchema = 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage';
    await put(
      `${folder}/manifest.json`,
      JSON.stringify({ Format: 'Report_CSV_20180820', ReportCreationDate: new Date().toISOString(), Results, ReportSchema }),
    );
  }
}

class JobFailedError extends Error {
  readonly failure: Failure;
  constructor(code: string, reason: string) {
    super(reason);
    this.failure = { code, reason };
  }
}

function isSelected(filter: Filter, { key, size, time }: { key: string; size: number; time: Date }): boolean {
  const { MatchAnyPrefix = [''], MatchAnySuffix = [''] } = filter.KeyNameConstraint;
  return (
    MatchAnyPrefix.some((prefix) => key.startsWith(prefix)) &&
    MatchAnySuffix.some((suffix) => key.endsWith(suffix)) &&
    size > filter.ObjectSizeGreaterThanBytes &&
    size < filter.ObjectSizeLessThanBytes &&
    (filter.CreatedAfter === undefined || time > filter.CreatedAfter) &&
    (filter.CreatedBefore === undefined || time < filter.CreatedBefore)
  );
}

/** Takes the ARN of a bucket or an object apart. */
function locationOf(arn: string): { bucket: string; key: string } {
  const [bucket = '', ...key] = arn.split(':::').at(1)?.split('/') ?? [];
  return { bucket, key: key.join('/') };
}

function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`;
}
