import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { closeServer, listenOnLoopback } from '../../local/aws/loopback.ts';
import { BatchJob, type JobSurroundings, jobRequestSchema } from './batch-job.ts';
import type { ServiceModel, ServiceRequest } from './service-model.ts';

export interface S3ControlOptions extends JobSurroundings {
  readonly account: string;
  readonly region: string;
  /** Description of the service that every request is checked against. Default: only the routes and what a job needs are. */
  readonly model?: ServiceModel;
}

const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, ignoreDeclaration: true });
const builder = new XMLBuilder({});

/** Maximum jobs in one answer; small, so that lists have several pages. */
const PAGE_SIZE = 2;

class ServiceError extends Error {
  readonly httpStatus: number;
  readonly code: string;
  constructor(httpStatus: number, code: string, message: string) {
    super(message);
    this.httpStatus = httpStatus;
    this.code = code;
  }
}

/**
 * S3 Control's batch jobs on a loopback port, with the wire format of the service. Its jobs read manifests from S3, invoke a function for every
 * photo and write reports to S3. Requests are for a host that begins with the account, as on AWS: `loopback-names.mjs` resolves it.
 */
export class S3Control {
  readonly jobs: BatchJob[] = [];
  /** Operations, in the order of the requests. */
  readonly requests: string[] = [];
  readonly #byToken = new Map<string, BatchJob>();
  readonly #bodies = new Map<BatchJob, Readonly<Record<string, unknown>>>();
  readonly #options: S3ControlOptions;
  readonly #running: Promise<void>[] = [];
  #port = '';
  #close: () => Promise<void> = async () => {};

  private constructor(options: S3ControlOptions) {
    this.#options = options;
  }

  static async start(options: S3ControlOptions): Promise<S3Control> {
    const control = new S3Control(options);
    const server = createServer((request, response) => void control.#answer(request, response));
    control.#port = new URL(await listenOnLoopback(server)).port;
    control.#close = () => closeServer(server);
    return control;
  }

  /** The endpoint to configure. */
  get url(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Cancels every job and stops. */
  async close(): Promise<void> {
    for (const job of this.jobs) job.cancel();
    await Promise.all(this.#running);
    await this.#close();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await this.#handle(await requestOf(incoming));
      response.writeHead(200, { 'content-type': 'application/xml' }).end(builder.build(body));
    } catch (error) {
      const { httpStatus, code, message } =
        error instanceof ServiceError ? error : new ServiceError(500, 'InternalServiceException', String(error));
      response.writeHead(httpStatus, { 'content-type': 'application/xml' });
      response.end(builder.build({ ErrorResponse: { Error: { Code: code, Message: message }, RequestId: 'request' } }));
    }
  }

  async #handle(request: ServiceRequest): Promise<object> {
    this.#checkCaller(request);
    const { problems } = this.#options.model?.check(request) ?? { problems: [] };
    if (problems.length > 0) throw new ServiceError(400, 'InvalidRequest', problems.join('; '));
    const [, id, action] = /^\/v20180820\/jobs(?:\/([^/]+))?(?:\/(status))?$/.exec(request.path) ?? [];
    this.requests.push(`${request.method} ${action ?? (id === undefined ? 'jobs' : 'job')}`);
    if (id === undefined) return request.method === 'POST' ? this.#create(request) : this.#list(request);
    const job = this.jobs.find((one) => one.id === id);
    if (job === undefined) throw new ServiceError(404, 'NotFoundException', 'The specified job does not exist.');
    return action === 'status' ? this.#update(job, request) : { DescribeJobResult: { Job: this.#describe(job) } };
  }

  /** The account is in the host and in a header; the signature is for S3 in this region. */
  #checkCaller({ headers }: ServiceRequest): void {
    const { account, region } = this.#options;
    if (headers['x-amz-account-id'] !== account || headers.host !== `${account}.localhost:${this.#port}`)
      throw new ServiceError(400, 'InvalidRequest', `the account ${account} must be in the host and in x-amz-account-id`);
    const credential = new RegExp(`^AWS4-HMAC-SHA256 Credential=\\w+/\\d{8}/${region}/s3/aws4_request, `);
    if (!credential.test(String(headers.authorization))) throw new ServiceError(403, 'AccessDenied', 'the request is not signed for s3');
  }

  #create({ body }: ServiceRequest): object {
    const { ClientRequestToken: token, ...request } = z.looseObject({ ClientRequestToken: z.string() }).parse(body);
    const earlier = this.#byToken.get(token);
    if (earlier !== undefined) {
      if (!isDeepStrictEqual(this.#bodies.get(earlier), request))
        throw new ServiceError(400, 'IdempotencyException', 'The token was used for another request.');
      return { CreateJobResult: { JobId: earlier.id } };
    }
    const job = new BatchJob(jobRequestSchema.parse(request), this.#options);
    this.#byToken.set(token, job);
    this.#bodies.set(job, request);
    this.jobs.unshift(job);
    this.#running.push(job.run());
    return { CreateJobResult: { JobId: job.id } };
  }

  #list({ query }: ServiceRequest): object {
    const start = Number(query.get('nextToken') ?? 0);
    const end = start + PAGE_SIZE;
    const descriptors = this.jobs.slice(start, end).map((job) => ({ ...this.#summary(job), Operation: 'LambdaInvoke' }));
    return { ListJobsResult: { Jobs: { member: descriptors }, ...(end < this.jobs.length && { NextToken: String(end) }) } };
  }

  #update(job: BatchJob, { query }: ServiceRequest): object {
    const isDone = query.get('requestedJobStatus') === 'Ready' ? job.confirm() : job.cancel();
    if (!isDone) throw new ServiceError(400, 'JobStatusException', `The job is ${job.status}.`);
    return { UpdateJobStatusResult: { JobId: job.id, Status: job.status } };
  }

  #describe(job: BatchJob): object {
    const { failure } = job;
    return {
      ...this.#bodies.get(job),
      ...this.#summary(job),
      JobArn: `arn:aws:s3:${this.#options.region}:${this.#options.account}:job/${job.id}`,
      ...(failure && { FailureReasons: { member: { FailureCode: failure.code, FailureReason: failure.reason } } }),
    };
  }

  #summary({ id, status, createdAt, request, progress }: BatchJob): object {
    return {
      JobId: id,
      Status: status,
      CreationTime: createdAt.toISOString(),
      ...(request.Description !== undefined && { Description: request.Description }),
      ProgressSummary: {
        TotalNumberOfTasks: progress.total,
        NumberOfTasksSucceeded: progress.succeeded,
        NumberOfTasksFailed: progress.failed,
        Timers: { ElapsedTimeInActiveSeconds: progress.seconds },
      },
    };
  }
}

async function requestOf(incoming: IncomingMessage): Promise<ServiceRequest> {
  const { pathname: path, searchParams: query } = new URL(incoming.url ?? '/', 'http://localhost');
  const text = Buffer.concat(await incoming.toArray()).toString();
  const [body] = Object.values(z.record(z.string(), z.unknown()).parse(parser.parse(text)));
  return { method: incoming.method ?? '', path, query, headers: incoming.headers, body };
}
