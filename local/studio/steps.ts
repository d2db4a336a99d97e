import type { ImageFacts } from '../../lambda-src/contract/outcome.ts';
import type { AwsRequest, DynamoDbRequest, S3Request } from '../aws/aws-requests.ts';
import type { AwsResources } from '../aws/embedded-aws.ts';

/** The way of a photo. */
const STEPS = ['upload', 'claim', 'render', 'store', 'record', 'notify'] as const;
export type Step = (typeof STEPS)[number];

/** An object came into the upload bucket. */
export interface Arrival {
  readonly sign: 'uploaded';
  readonly key: string;
  readonly eTag: string | undefined;
  readonly size: number | undefined;
  /** Whether it came as a multipart upload. */
  readonly parts: boolean;
}

/** An event took a step: known by a rendition's key or by the event's sequencer. */
export type Progress =
  | { readonly sign: 'stored'; readonly renditionKey: string }
  | { readonly sign: 'claimed' | 'refused' | 'announced'; readonly sequencer: string }
  | Recorded;

interface Recorded {
  readonly sign: 'recorded';
  readonly sequencer: string;
  readonly image: ImageFacts | undefined;
  readonly size: number | undefined;
  /** Whether nothing is announced for it. */
  readonly silent: boolean;
}

/** An object left the upload bucket. */
interface Removal {
  readonly sign: 'removed';
  readonly key: string;
}

/** What a request tells. */
export type Sign = Arrival | Removal | Progress;

/**
 * Reads the pipeline's progress off the requests that it makes, so that the function itself need not know that anybody watches.
 * Undefined for requests that tell nothing.
 */
export function signOf(request: AwsRequest, resources: Pick<AwsResources, 'uploadBucket' | 'outputBucket'>): Sign | undefined {
  return request.service === 's3' ? signOfObject(request, resources) : signOfWrite(request);
}

function signOfObject(
  { method, bucket, key, query, status, eTag, size }: S3Request,
  { uploadBucket, outputBucket }: Pick<AwsResources, 'uploadBucket' | 'outputBucket'>,
): Sign | undefined {
  if (bucket === uploadBucket && method === 'DELETE' && status === 204 && !query.includes('uploadId')) return { sign: 'removed', key };
  if (status !== 200) return undefined;
  if (bucket === outputBucket && method === 'PUT') return { sign: 'stored', renditionKey: key };
  const whole = method === 'PUT' && !query.includes('partNumber');
  const parts = method === 'POST' && query.includes('uploadId');
  return bucket === uploadBucket && (whole || parts) ? { sign: 'uploaded', key, eTag, size: whole ? size : undefined, parts } : undefined;
}

function signOfWrite({ values, status }: DynamoDbRequest): Sign | undefined {
  const state = values[':setStatus']?.S;
  const claimed = values[':setSequencer']?.S;
  if (state === 'processing' && claimed !== undefined) return { sign: status === 200 ? 'claimed' : 'refused', sequencer: claimed };
  if (status !== 200) return undefined;
  if (values[':setProcessedAt'] !== undefined) {
    const silent = values[':setAnnouncement'] === undefined;
    const sequencer = values[':sequencer']?.S ?? '';
    return { sign: 'recorded', sequencer, image: factsIn(values), size: numberIn(values[':setFileSize']), silent };
  }
  const commit = values[':commit']?.S;
  // The last write for a message sets nothing. A commit is named after its run and its event.
  if (commit === undefined || values[':setAnnouncement'] !== undefined) return undefined;
  return { sign: 'announced', sequencer: commit.split('/').at(-1) ?? '' };
}

function factsIn(values: DynamoDbRequest['values']): ImageFacts | undefined {
  const width = numberIn(values[':setWidth']);
  const height = numberIn(values[':setHeight']);
  if (width === undefined || height === undefined) return undefined;
  return { width, height, format: values[':setFormat']?.S ?? '', thumbHash: values[':setThumbHash']?.S };
}

function numberIn(value: { readonly N?: string | undefined } | undefined): number | undefined {
  return value?.N === undefined ? undefined : Number(value.N);
}

/** Sequencers are padded with zeros where they are compared. */
export function sameSequencer(one: string, other: string): boolean {
  return one.replace(/0+$/, '') === other.replace(/0+$/, '');
}
