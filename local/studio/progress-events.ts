import type { ImageFacts } from '../../lambda-src/contract/outcome.ts';
import type { AwsRequest, DynamoDbRequest, S3Request } from '../aws/aws-requests.ts';
import type { AwsResources } from '../aws/embedded-aws.ts';

/** What happens to a photo, in this order. */
export const STEPS = ['upload', 'claim', 'render', 'store', 'record', 'notify'] as const;
export type Step = (typeof STEPS)[number];

/** An object was put into the upload bucket. */
export interface Uploaded extends Pick<S3Request, 'key' | 'eTag' | 'size'> {
  readonly type: 'uploaded';
  readonly isMultipart: boolean;
}

/** The function finished a step of a delivery, which is known by a rendition's key or by its event's sequencer. */
export type StepEvent =
  | { readonly type: 'stored'; readonly renditionKey: string }
  | { readonly type: 'claimed' | 'refused' | 'announced'; readonly sequencer: string }
  | Recorded;

interface Recorded {
  readonly type: 'recorded';
  readonly sequencer: string;
  readonly image: ImageFacts | undefined;
  readonly size: number | undefined;
  /** Whether a message for this outcome follows. */
  readonly isAnnounced: boolean;
}

/** `removed`: an object of the upload bucket was deleted. */
export type ProgressEvent = Uploaded | { readonly type: 'removed'; readonly key: string } | StepEvent;

type Buckets = Pick<AwsResources, 'uploadBucket' | 'outputBucket'>;

/**
 * Infers progress from a request to the embedded AWS, so that the function itself need not report it. Undefined for requests that mark no
 * progress.
 */
export function progressEventOf(request: AwsRequest, buckets: Buckets): ProgressEvent | undefined {
  return request.service === 's3' ? s3Progress(request, buckets) : ledgerProgress(request);
}

function s3Progress(request: S3Request, { uploadBucket, outputBucket }: Buckets): ProgressEvent | undefined {
  const { method, bucket, key, query, status, eTag, size } = request;
  if (bucket === uploadBucket && method === 'DELETE' && status === 204 && !query.includes('uploadId')) return { type: 'removed', key };
  if (status !== 200) return undefined;
  if (bucket === outputBucket && method === 'PUT') return { type: 'stored', renditionKey: key };
  const isPut = method === 'PUT' && !query.includes('partNumber') && !query.includes('tagging');
  const isMultipart = method === 'POST' && query.includes('uploadId');
  if (bucket !== uploadBucket || !(isPut || isMultipart)) return undefined;
  return { type: 'uploaded', key, eTag, size: isPut ? size : undefined, isMultipart };
}

function ledgerProgress({ values, status }: DynamoDbRequest): StepEvent | undefined {
  const state = values[':setStatus']?.S;
  const claimed = values[':setSequencer']?.S;
  if (state === 'processing' && claimed !== undefined) return { type: status === 200 ? 'claimed' : 'refused', sequencer: claimed };
  if (status !== 200) return undefined;
  if (values[':setProcessedAt'] !== undefined) {
    const sequencer = values[':sequencer']?.S ?? '';
    const isAnnounced = values[':setAnnouncement'] !== undefined;
    return { type: 'recorded', sequencer, image: imageIn(values), size: numberIn(values[':setFileSize']), isAnnounced };
  }
  const commit = values[':commit']?.S;
  // The write that marks a message as sent sets nothing. A commit is named after its run and its event.
  if (commit === undefined || values[':setAnnouncement'] !== undefined) return undefined;
  return { type: 'announced', sequencer: commit.split('/').at(-1) ?? '' };
}

function imageIn(values: DynamoDbRequest['values']): ImageFacts | undefined {
  const width = numberIn(values[':setWidth']);
  const height = numberIn(values[':setHeight']);
  if (width === undefined || height === undefined) return undefined;
  return { width, height, format: values[':setFormat']?.S ?? '', thumbHash: values[':setThumbHash']?.S };
}

function numberIn(value: { readonly N?: string | undefined } | undefined): number | undefined {
  return value?.N === undefined ? undefined : Number(value.N);
}

/** Compares sequencers, which the ledger pads with zeros. */
export function isSameSequencer(one: string, other: string): boolean {
  return one.replace(/0+$/, '') === other.replace(/0+$/, '');
}
