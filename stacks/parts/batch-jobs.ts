import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { Construct } from 'constructs';
import { BATCH_JOBS, batchFunctionName, batchRoleName } from '../../config/batch-jobs.ts';
import { fillIn, type PipelineSettings } from '../../config/settings.ts';
import { ImageBucket } from './image-bucket.ts';
import type { ImageProcessor } from './image-processor.ts';
import type { PhotoBucket } from './photo-bucket.ts';
import { ServiceRole } from './service-role.ts';

/** S3 keeps a job for 90 days after it ended (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-managing-jobs.html). */
const JOB_RETENTION_DAYS = 90;

export interface BatchJobsProps {
  readonly settings: PipelineSettings;
  readonly processor: ImageProcessor;
  /** Name of the function that processes uploads. */
  readonly functionName: string;
  readonly uploads: PhotoBucket;
  readonly accountId: string;
  /** ARN of the role's permissions boundary. Default: none. */
  readonly permissionsBoundary?: string | undefined;
  /** Reserved concurrency of the jobs' function, or -1 for none; may be a Terraform expression. */
  readonly concurrency: number;
}

/**
 * What S3 Batch Operations needs for a backfill. S3 invokes a function as often as its concurrency permits, so jobs get their own function, as AWS
 * advises, and take no concurrency from uploads. It runs the same package with the same role and writes to the same log
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html).
 */
export class BatchJobs extends Construct {
  readonly functionName: string;
  readonly roleArn: string;
  /** `s3://` URL that the reports are stored under. */
  readonly reportLocation: string;
  private readonly bucket: ImageBucket;
  private readonly role: ServiceRole;

  constructor(scope: Construct, id: string, props: BatchJobsProps) {
    super(scope, id);
    this.bucket = this.privateBucket(props);
    this.role = this.jobRole(props);
    const lambda = this.lambda(props);
    this.functionName = lambda.functionName;
    this.roleArn = this.role.arn;
    this.reportLocation = `s3://${this.bucket.bucketName}/${BATCH_JOBS.reportPrefix}`;
    this.grant(lambda.arn, props.uploads);
  }

  /** Holds lists and reports. S3 Batch Operations accepts no list that a KMS key encrypts, so the bucket always uses the keys of S3. */
  private privateBucket({ settings, accountId }: BatchJobsProps): ImageBucket {
    return new ImageBucket(this, 'bucket', {
      name: fillIn(BATCH_JOBS.bucketName, settings, accountId),
      lifecycle: { expireAfterDays: JOB_RETENTION_DAYS, noncurrentExpireAfterDays: 1, abortMultipartAfterDays: 1 },
      tags: {},
      forceDestroy: settings.forceDestroy,
    });
  }

  private jobRole({ settings, functionName, accountId, permissionsBoundary }: BatchJobsProps): ServiceRole {
    return new ServiceRole(this, 'role', {
      name: batchRoleName(functionName),
      description: `Least privilege for the batch jobs of the Lambda function ${functionName}`,
      assumedBy: { Sid: 'AssumedByBatchOperations', service: 'batchoperations.s3.amazonaws.com', accountId },
      path: settings.account.rolePath,
      permissionsBoundary,
    });
  }

  private lambda({ settings, processor, functionName, concurrency }: BatchJobsProps): LambdaFunction {
    const { environment, ...configuration } = processor.configuration;
    return new LambdaFunction(this, 'function', {
      ...configuration,
      functionName: batchFunctionName(functionName),
      description: `Processes the photos of batch jobs of ${settings.preset} (${settings.environmentSuffix})`,
      reservedConcurrentExecutions: concurrency,
      // `backfill --batch` finds the role and the bucket here.
      environment: {
        variables: {
          ...environment.variables,
          [BATCH_JOBS.roleVariable]: this.role.arn,
          [BATCH_JOBS.bucketVariable]: this.bucket.bucketName,
        },
      },
      loggingConfig: { logFormat: 'Text', logGroup: processor.logGroupName },
    });
  }

  /**
   * Allows invoking the jobs' function, reading lists and writing reports. S3 lists the bucket itself for a job with filters, and requires
   * `s3:PutInventoryConfiguration` for that (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-iam-role-policies.html).
   */
  private grant(functionArn: string, uploads: PhotoBucket): void {
    const objects = (prefix: string): string[] => [`${this.bucket.arn}/${prefix}*`];
    this.role.allow({ Sid: 'InvokeFunction', Action: ['lambda:InvokeFunction'], Resource: [functionArn] });
    this.role.allow({
      Sid: 'ReadManifests',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: objects(BATCH_JOBS.manifestPrefix),
    });
    this.role.allow({ Sid: 'WriteReports', Action: ['s3:PutObject'], Resource: objects(BATCH_JOBS.reportPrefix) });
    this.role.allow({ Sid: 'GenerateManifests', Action: ['s3:PutInventoryConfiguration'], Resource: [uploads.arn] });
  }
}
