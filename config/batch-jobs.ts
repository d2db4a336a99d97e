/**
 * Names that the stack gives to what `batchJobs` adds, and by which `backfill --batch` finds it: the name of the deployed function leads to the
 * function of the jobs, whose environment names the rest.
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
