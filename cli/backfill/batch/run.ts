import { S3Client } from '@aws-sdk/client-s3';
import { JobStatus } from '@aws-sdk/client-s3-control';
import type { ListedObject } from '../../../lambda-src/adapters/photo-listing.ts';
import { readableText } from '../../../local/ui/readable.ts';
import { PhotoStores } from '../../photos/photo-stores.ts';
import { EXIT, interruptibly, OperatorError } from '../../pipeline/command-line.ts';
import { confirm } from '../../terminal/confirm.ts';
import { counterOn } from '../../terminal/progress.ts';
import { print } from '../../terminal/text.ts';
import { candidates } from '../plan.ts';
import { type BatchDeployment, findBatchDeployment } from './deployment.ts';
import { generatorFilter, type PhotoFilter, passes, photoFilter } from './filter.ts';
import { follow } from './follow.ts';
import { BatchJobs, type DescribedJob, hasEnded, type JobRequest, type PhotoList } from './jobs.ts';
import { uploadManifest, writeManifest } from './manifest.ts';
import { enforceLimits, type JobLimits, jobPlanText, type PhotoTotals, planJob } from './plan.ts';
import { readReport } from './report.ts';
import { howToContinue, jobLine, jobSummary } from './summary.ts';

/** What an operator agrees to in advance. */
export interface Consent extends JobLimits {
  /** Whether to start without asking. */
  readonly yes?: true;
}

/** How a job is started. */
export interface JobOptions extends PhotoFilter, Consent {
  /** Whether S3 lists every photo, instead of this command those that lack a current result. */
  readonly all?: true;
  /** Whether to create another job although the same request ran before. */
  readonly again?: true;
}

/** Pages of the bucket to look through for photos whose sizes are typical. */
const MAX_SAMPLED_PAGES = 10;

/** The batch jobs of a deployed function, for an operator. */
export class BatchBackfill {
  readonly #deployment: BatchDeployment;
  readonly #jobs: BatchJobs;
  readonly #stores: PhotoStores;
  readonly #s3 = new S3Client({});

  private constructor(deployment: BatchDeployment) {
    this.#deployment = deployment;
    this.#jobs = new BatchJobs(deployment);
    this.#stores = new PhotoStores(deployment.settings);
  }

  /** @throws {OperatorError} when the deployment of this function has no batch jobs */
  static async of(functionName: string): Promise<BatchBackfill> {
    return new BatchBackfill(await findBatchDeployment(functionName));
  }

  /** Creates a job, follows it and returns the exit code. */
  async start(options: JobOptions): Promise<number> {
    requireConsent(options);
    return interruptibly((interruption) =>
      options.all === true ? this.#startGenerated(options, interruption) : this.#startListed(options, interruption),
    );
  }

  /** Continues with a job: confirms one that waits, follows one that runs, and creates another for the photos of one that has ended. */
  async resume(id: string, options: Consent): Promise<number> {
    const job = await this.#jobs.describe(id);
    if (!hasEnded(job)) return interruptibly((interruption) => this.#prepare(id, options, interruption));
    const { list, description } = job;
    if (list === undefined) throw new OperatorError(`S3 no longer knows which photos the job ${id} had. Start another with --batch.`);
    requireConsent(options);
    return interruptibly(async (interruption) => {
      const request = { list, description: `${withoutName(description)}, resumed`, waits: true, repetition: `resumed ${id}` };
      return this.#prepare(await this.#jobs.create(request), options, interruption);
    });
  }

  /** Prints a job, or without an id the jobs of this deployment, and returns the exit code. */
  async status(id: string | undefined): Promise<number> {
    if (id !== undefined) return this.#conclude(await this.#jobs.describe(id));
    let count = 0;
    for await (const job of this.#jobs.list()) {
      count += 1;
      print(jobLine(job));
    }
    if (count === 0) print('There are no jobs of this deployment. S3 keeps them for 90 days.');
    return EXIT.inOrder;
  }

  /** Cancels a job and returns the exit code. */
  async cancel(id: string): Promise<number> {
    await this.#jobs.describe(id);
    await this.#jobs.cancel(id);
    print(
      `The job ${id} is being cancelled. Photos that are finished stay finished. To process the rest later: ${this.#command(`--resume ${id}`)}`,
    );
    return EXIT.inOrder;
  }

  /** Lists the photos without a current result here, asks, and creates a job for them. */
  async #startListed(options: JobOptions, interruption: AbortSignal): Promise<number> {
    const manifest = await this.#writeManifest(options, interruption);
    try {
      if (interruption.aborted) return EXIT.interrupted;
      if (manifest.photos === 0) {
        print('To process: 0 photos. Nothing was invoked.');
        return EXIT.inOrder;
      }
      if (!(await this.#agree(manifest, options, interruption))) return interruption.aborted ? EXIT.interrupted : EXIT.inOrder;
      const { bucket, partition } = this.#deployment;
      const { key, etag } = await uploadManifest(this.#s3, bucket, manifest);
      const list: PhotoList = {
        Manifest: {
          Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key'] },
          Location: { ObjectArn: `arn:${partition}:s3:::${bucket}/${key}`, ETag: etag },
        },
      };
      return await this.#create(
        { list, description: `photos without a current result${under(options)}`, waits: false },
        options,
        interruption,
      );
    } finally {
      await manifest.remove();
    }
  }

  async #writeManifest(options: JobOptions, interruption: AbortSignal) {
    const { uploadBucket } = this.#deployment.settings;
    const counter = counterOn(process.stderr, 'photos');
    const stores = this.#stores;
    async function* photos(): AsyncGenerator<ListedObject> {
      for await (const { upload } of candidates(stores, options, '')) {
        if (interruption.aborted) return;
        if (passes(options, upload)) yield upload;
      }
    }
    try {
      return await writeManifest(uploadBucket, photos(), (count, key) => counter.show(count, key));
    } finally {
      counter.stop();
    }
  }

  /** Has S3 list the photos, asks once it has counted them, and lets the job run. */
  async #startGenerated(options: JobOptions, interruption: AbortSignal): Promise<number> {
    const { settings, partition, account } = this.#deployment;
    const list: PhotoList = {
      ManifestGenerator: {
        S3JobManifestGenerator: {
          SourceBucket: `arn:${partition}:s3:::${settings.uploadBucket}`,
          ExpectedBucketOwner: account,
          Filter: generatorFilter(options, settings),
          EnableManifestOutput: false,
        },
      },
    };
    return this.#create({ list, description: `all photos${under(options)}`, waits: true }, options, interruption);
  }

  async #create(request: Omit<JobRequest, 'repetition'>, options: JobOptions, interruption: AbortSignal): Promise<number> {
    let job = await this.#created({ ...request, repetition: options.again === true ? crypto.randomUUID() : undefined });
    // It exceeded its limits or was declined then.
    while (wasCancelledUnused(job)) job = await this.#created({ ...request, repetition: `after ${job.id}` });
    if (!hasEnded(job)) return this.#prepare(job.id, options, interruption);
    print(`The same request was the job ${job.id}, which has ended (${job.status}). To run it again as another job, add --again.`);
    return this.#conclude(job);
  }

  async #created(request: JobRequest): Promise<DescribedJob> {
    return this.#jobs.describe(await this.#jobs.create(request));
  }

  /** Waits until S3 has counted the photos, asks if the job waits for that, and follows it. */
  async #prepare(id: string, options: Consent, interruption: AbortSignal): Promise<number> {
    print(`Job ${id}`);
    const until = [JobStatus.Suspended, JobStatus.Ready, JobStatus.Active];
    const job = await this.#follow(id, interruption, until);
    if (job.status !== JobStatus.Suspended) return this.#followToTheEnd(job, interruption);
    if (interruption.aborted) return this.#stopFollowing(id);
    requireConsent(options);
    try {
      if (!(await this.#agree(await this.#totals(job), options, interruption))) {
        if (interruption.aborted) return this.#stopFollowing(id);
        await this.#jobs.cancel(id);
        print(`The job ${id} is cancelled. Nothing was invoked.`);
        return EXIT.inOrder;
      }
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      await this.#jobs.cancel(id);
      print(`The job ${id} is cancelled.`);
      throw error;
    }
    await this.#jobs.confirm(id);
    return this.#followToTheEnd(await this.#jobs.describe(id), interruption);
  }

  async #followToTheEnd({ id }: DescribedJob, interruption: AbortSignal): Promise<number> {
    const job = await this.#follow(id, interruption, []);
    return hasEnded(job) ? this.#conclude(job) : this.#stopFollowing(id);
  }

  #follow(id: string, interruption: AbortSignal, until: readonly JobStatus[]): Promise<DescribedJob> {
    return follow(() => this.#jobs.describe(id), { until, interruption, stream: process.stderr });
  }

  #stopFollowing(id: string): number {
    print(`No longer following the job ${id}, which is not affected. ${howToContinue((option) => this.#command(`${option} ${id}`))}`);
    return EXIT.interrupted;
  }

  /** Prints the outcome of a job, and returns the exit code. */
  async #conclude(job: DescribedJob): Promise<number> {
    const report = hasEnded(job) ? await readReport(this.#s3, this.#deployment.bucket, job.id) : undefined;
    print(jobSummary(job, report, { bucket: this.#deployment.bucket, command: (options) => this.#command(options) }));
    const isInOrder = !hasEnded(job) || (job.status === JobStatus.Complete && job.failed === 0);
    return isInOrder ? EXIT.inOrder : EXIT.needsAttention;
  }

  /** Prints the plan of a job, enforces its limits and asks for consent. */
  async #agree(totals: PhotoTotals, options: Consent, interruption: AbortSignal): Promise<boolean> {
    const plan = planJob(totals, this.#deployment);
    print(jobPlanText(plan));
    enforceLimits(plan, options);
    return options.yes === true || (await confirm('Run it?', interruption));
  }

  /** Projects the size of a job's photos from the first page that has some, because S3 counts photos but not bytes. */
  async #totals({ photos, list }: DescribedJob): Promise<PhotoTotals> {
    const generator = list !== undefined && 'ManifestGenerator' in list ? list.ManifestGenerator : undefined;
    const filter = photoFilter(generator?.S3JobManifestGenerator?.Filter ?? {});
    let pages = 0;
    for await (const { uploads } of this.#stores.uploads(filter)) {
      const sample = uploads.filter((upload) => passes(filter, upload));
      const total = sample.reduce((sum, { size }) => sum + size, 0);
      if (sample.length > 0) return { photos, bytes: (total / sample.length) * photos, sampled: sample.length };
      if (++pages === MAX_SAMPLED_PAGES) break;
    }
    return { photos, bytes: undefined };
  }

  #command(options: string): string {
    return `npm run pipeline -- backfill --function ${this.#deployment.functionName} ${options}`;
  }
}

/** Whether a job was cancelled before it invoked the function. */
function wasCancelledUnused({ status, succeeded, failed }: DescribedJob): boolean {
  return (status === JobStatus.Cancelling || status === JobStatus.Cancelled) && succeeded + failed === 0;
}

/** @throws {OperatorError} if there is no terminal to ask on */
function requireConsent({ yes }: Consent): void {
  if (yes === true || process.stdin.isTTY) return;
  throw new OperatorError(
    'A job is started only with consent, and there is no terminal to ask on. Add --yes; --max-dollars and --max-objects limit the job.',
  );
}

function under({ prefix }: PhotoFilter): string {
  return prefix === '' ? '' : ` under "${readableText(prefix)}"`;
}

/** Removes the name of the function, with which every description begins, and an earlier "resumed". */
function withoutName(description: string): string {
  return description.replace(/^\S+: /, '').replace(/, resumed$/, '');
}
