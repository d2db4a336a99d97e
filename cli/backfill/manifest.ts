import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { InspectedPhoto } from '../photos/inspection.ts';
import type { PhotoStores } from '../photos/photo-stores.ts';
import { OperatorError } from '../pipeline/command-line.ts';
import { concurrently } from '../pipeline/concurrently.ts';
import { shellQuoted } from '../terminal/text.ts';

/** A written manifest. */
export interface Manifest {
  readonly file: string;
  readonly lines: number;
  /** The columns, which the job has to name. */
  readonly fields: readonly ('Bucket' | 'Key' | 'VersionId')[];
}

/** Maximum photos whose version is looked up at once. */
const MAX_LOOKUPS = 32;

/**
 * Writes the manifest of an S3 Batch Operations job: a line per photo with bucket, URL-encoded key and version
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-create-job.html#specify-batchjob-manifest).
 * @throws {OperatorError} when the file cannot be written
 */
export async function writeManifest(
  file: string,
  photos: AsyncIterable<InspectedPhoto>,
  stores: Pick<PhotoStores, 'settings' | 'original'>,
  onLine: (lines: number, key: string) => void,
): Promise<Manifest> {
  const target = await open(file, 'w').catch((cause: NodeJS.ErrnoException) => {
    throw new OperatorError(`The manifest "${file}" cannot be written (${cause.code}). Name another file with --manifest.`, { cause });
  });
  let lines = 0;
  let versioned = true;
  const bucket = stores.settings.uploadBucket;
  const lookedUp = concurrently(photos, MAX_LOOKUPS, async ({ upload: { key } }) => ({ key, head: await stores.original(key) }));
  async function* content(): AsyncGenerator<string> {
    for await (const { key, head } of lookedUp) {
      if (head === undefined) continue;
      // All lines need the same columns. The first object decides, because versioning applies to the whole bucket.
      if (lines === 0) versioned = head.versionId !== undefined;
      lines += 1;
      onLine(lines, key);
      yield `${[bucket, encodedKey(key), ...(versioned ? [head.versionId ?? 'null'] : [])].join(',')}\n`;
    }
  }
  await pipeline(Readable.from(content()), target.createWriteStream());
  return { file, lines, fields: versioned ? ['Bucket', 'Key', 'VersionId'] : ['Bucket', 'Key'] };
}

/** Percent-encodes a key, commas included, but not its slashes. */
function encodedKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

/** Returns the commands that create a job from the manifest. */
export function jobCommands(
  { file, fields }: Manifest,
  { functionArn, partition, region, account }: { functionArn: string; partition: string; region: string; account: string },
  job: string,
): string {
  const operation = JSON.stringify({ LambdaInvoke: { FunctionArn: functionArn } });
  const spec = JSON.stringify({ Format: 'S3BatchOperations_CSV_20180820', Fields: fields });
  const bucketArn = `arn:${partition}:s3:::'"$BUCKET"'`;
  return `# A bucket of yours for the manifest and the report; not the upload bucket.
BUCKET=
# A role that batchoperations.s3.amazonaws.com may assume, with lambda:InvokeFunction
# on the function, s3:GetObject on the manifest and s3:PutObject for the report.
ROLE_ARN=
aws s3 cp ${shellQuoted(file)} "s3://$BUCKET/${job}.csv"
ETAG=$(aws s3api head-object --bucket "$BUCKET" --key ${job}.csv --query ETag --output text)
aws s3control create-job --region ${region} --account-id ${account} --priority 10 --no-confirmation-required \\
  --client-request-token ${job} --role-arn "$ROLE_ARN" \\
  --operation '${operation}' \\
  --manifest '{"Spec":${spec},"Location":{"ObjectArn":"${bucketArn}/${job}.csv","ETag":'"$ETAG"'}}' \\
  --report '{"Enabled":true,"Bucket":"${bucketArn}","Prefix":"${job}","Format":"Report_CSV_20180820","ReportScope":"FailedTasksOnly"}'`;
}
