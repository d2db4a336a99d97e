import type { PipelineSettings } from '../../config/settings.ts';
import { MEGABYTES_PER_VCPU } from '../../lambda-src/contract/memory.ts';
import type { Rendition } from '../../lambda-src/contract/recipe.ts';

/** A load and the deployment that handles it. */
export interface Workload {
  readonly settings: PipelineSettings;
  readonly imagesPerDay: number;
  /** Size of an average original. */
  readonly megapixels: number;
  /** Duration of an average invocation. */
  readonly milliseconds: number;
  /** Peak rate as a multiple of the average rate. */
  readonly peakFactor: number;
}

/** Assumptions in place of measurements. */
export const ASSUMPTIONS = {
  /** A camera's JPEG: 12 megapixels in 4 MB. */
  originalBytesPerPixel: 1 / 3,
  /** A JPEG of quality 90. */
  renditionBytesPerPixel: 0.3,
  /** Share of images that fail because of the image itself. */
  failedShare: 0.01,
  /** Waiting for S3, DynamoDB and SNS, one after another. */
  waitingMilliseconds: 250,
  /** Decode, resize and encode on one vCPU. */
  millisecondsPerMegapixel: 15,
  /** Two lines of the function and three of Lambda. */
  logBytesPerImage: 1_000,
  recordBytes: 780,
  recordBytesPerRendition: 140,
} as const;

/** Returns the assumed duration of an invocation: waiting, and work on a share of one vCPU. */
export function assumedMilliseconds(memoryMb: number, megapixels: number): number {
  const cpus = Math.min(1, memoryMb / MEGABYTES_PER_VCPU);
  const { waitingMilliseconds, millisecondsPerMegapixel } = ASSUMPTIONS;
  return Math.round((waitingMilliseconds + (megapixels * millisecondsPerMegapixel) / cpus) / 10) * 10;
}

/** What one image uses in AWS. */
export interface PerImage {
  /** The upload and every rendition. */
  readonly puts: number;
  /** The original. Renditions of a new photo are written without reading what is there. */
  readonly gets: number;
  /** Objects that a lifecycle rule moves to STANDARD_IA. */
  readonly transitions: number;
  readonly originalBytes: number;
  /** All renditions together. */
  readonly renditionBytes: number;
  /** Conditional writes to the ledger: claim, commit and, if a message is sent, its mark. */
  readonly tableWrites: number;
  /** The same number again if there is an index. */
  readonly indexWrites: number;
  readonly recordBytes: number;
  readonly messages: number;
  readonly mails: number;
}

/** Returns what an average image uses in AWS under these settings. */
export function perImage({ settings, megapixels }: Pick<Workload, 'settings' | 'megapixels'>): PerImage {
  const { recipe, table, uploadBucket, outputBucket } = settings;
  const originalBytes = megapixels * 1e6 * ASSUMPTIONS.originalBytesPerPixel;
  const sizes = recipe.renditions.map((rendition) => renditionPixels(rendition, megapixels * 1e6) * ASSUMPTIONS.renditionBytesPerPixel);
  const recordBytes = recordBytesOf(recipe);
  const announced = shareOf(settings.notifications.publish);
  // A write unit is a kilobyte of the item after the write.
  const tableWrites = (2 + announced) * Math.ceil(recordBytes / 1024);
  return {
    puts: 1 + sizes.length,
    gets: 1,
    transitions: moved(uploadBucket, [originalBytes]) + moved(outputBucket ?? uploadBucket, sizes),
    originalBytes,
    renditionBytes: sizes.reduce((sum, size) => sum + size, 0),
    tableWrites,
    indexWrites: table.uploadTimestampIndex ? tableWrites : 0,
    recordBytes,
    messages: announced,
    mails: mailedShare(settings.notifications),
  };
}

/** Returns the assumed size of a record. */
export function recordBytesOf({ renditions }: Pick<PipelineSettings['recipe'], 'renditions'>): number {
  return ASSUMPTIONS.recordBytes + renditions.length * ASSUMPTIONS.recordBytesPerRendition;
}

/** Pixels of the rendition of a 4:3 photo, which is never enlarged. */
function renditionPixels({ width, height, fit }: Rendition, pixels: number): number {
  if (fit === 'cover') return Math.min(width * height, pixels);
  const inside = Math.min(width, (height * 4) / 3);
  return Math.min((inside * inside * 3) / 4, pixels);
}

/** A lifecycle rule does not move objects below 128 KB. */
function moved({ lifecycle }: PipelineSettings['uploadBucket'], sizes: readonly number[]): number {
  return lifecycle.infrequentAccessAfterDays === undefined ? 0 : sizes.filter((size) => size >= 128 * 1024).length;
}

function shareOf(statuses: readonly ('processed' | 'failed' | 'report')[]): number {
  const { failedShare } = ASSUMPTIONS;
  if (statuses.includes('report')) return 1;
  return (statuses.includes('processed') ? 1 - failedShare : 0) + (statuses.includes('failed') ? failedShare : 0);
}

/** An event usually has one upload, so a report covers one image. */
function mailedShare({ publish, mail }: PipelineSettings['notifications']): number {
  return publish.includes('report') ? shareOf(mail) : shareOf(mail.filter((status) => publish.includes(status)));
}
