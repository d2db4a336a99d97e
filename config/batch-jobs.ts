/**
 * Names of the resources that `batchJobs` adds. `backfill --batch` derives the name of the jobs' function from the name of the deployed function,
 * and reads the other names from its environment.
 */
export const BATCH_JOBS = {
  /** Name of the private bucket. */
  bucketName: '{stack}-batch-{account}',
  manifestPrefix: 'manifests/',
  reportPrefix: 'reports/',
  /** Variables in the environment of the jobs' function. */
  roleVariable: 'BATCH_ROLE_ARN',
  bucketVariable: 'BATCH_BUCKET',
} as const;

/** Returns the name of the function that jobs invoke. */
export function batchFunctionName(functionName: string): string {
  return `${functionName}-batch`;
}

/** Returns the name of the role that S3 assumes for the jobs. */
export function batchRoleName(functionName: string): string {
  return `${functionName}-batch-jobs`;
}
