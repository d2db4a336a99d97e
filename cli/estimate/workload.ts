import type { PipelineSettings } from '../../config/settings.ts';
import { MEGABYTES_PER_VCPU } from '../../lambda-src/contract/memory.ts';
import type { Rendition } from '../../lambda-src/contract/recipe.ts';

/** The load that is estimated, and the deployment that bears it. */
export interface Workload {
  readonly settings: PipelineSettings;
  readonly imagesPerDay: number;
  /** Of an average original. */
  readonly megapixels: number;
  /** Of an average invocation. */
  readonly milliseconds: number;
  /** How many times the average rate the busiest moments have. */
  readonly peakFactor: number;
}

/** What is assumed where nobody measured. */
export const ASSUMPTIONS = {
  /** A camera's JPEG: 12 megapixels in 4 MB. */
  originalBytesPerPixel: 1 / 3,
  /** A JPEG of quality 90. */
  renditionBytesPerPixel: 0.3,
  /** Photos that fail by their own fault. */
  failedShare: 0.01,
  /** Answers of S3, DynamoDB and SNS, one after the other. */
  waitingMilliseconds: 250,
  /** Decode, resize and encode on one vCPU. */
  millisecondsPerMegapixel: 15,
  /** Two lines of the function and three of Lambda. */
  logBytesPerImage: 1_000,
  recordBytes: 780,
  recordBytesPerRendition: 140,
} as const;

/** How long an image takes, where nobody measured: waiting, and work on a share of one vCPU. */
export function assumedMilliseconds(memoryMb: number, megapixels: number): number {
  const cpus = Math.min(1, memoryMb / MEGABYTES_PER_VCPU);
  const { waitingMilliseconds, millisecondsPerMegapixel } = ASSUMPTIONS;
  return Math.round((waitingMilliseconds + (megapixels * millisecondsPerMegapixel) / cpus) / 10) * 10;
}

/** What one image asks of AWS. */
export interface PerImage {
  /** The upload itself and every rendition. */
  readonly puts: number;
  /** The original is read; a new photo's renditions are written without a look at what stands there. */
  readonly gets: number;
  /** Objects that a lifecycle rule moves to STANDARD_IA. */
  readonly transitions: number;
  readonly originalBytes: number;
  /** All renditions together. */
  readonly renditionBytes: number;
  /** Conditional writes of the ledger: claim, commit and, of an announced image, the mark. */
  readonly tableWrites: number;
  /** The same once more for the index. */
  readonly indexWrites: number;
  readonly recordBytes: number;
  readonly messages: number;
  readonly mails: number;
}

/** What one image asks of AWS under these settings, on average. */
export function perImage({ settings, megapixels }: Pick<Workload, 'settings' | 'megapixels'>): PerImage {
  const { recipe, table, uploadBucket, outputBucket } = settings;
  const originalBytes = megapixels * 1e6 * ASSUMPTIONS.originalBytesPerPixel;
  const sizes = recipe.renditions.map((rendition) => renditionPixels(rendition, megapixels * 1e6) * ASSUMPTIONS.renditionBytesPerPixel);
  const recordBytes = ASSUMPTIONS.recordBytes + recipe.renditions.length * ASSUMPTIONS.recordBytesPerRendition;
  const announced = shareOf(settings.notifications.publish);
  // A write unit is a kilobyte of the item as it stands afterwards.
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

/** Of a photo with sides of 4 to 3; never enlarged. */
function renditionPixels({ width, height, fit }: Rendition, pixels: number): number {
  if (fit === 'cover') return Math.min(width * height, pixels);
  const inside = Math.min(width, (height * 4) / 3);
  return Math.min((inside * inside * 3) / 4, pixels);
}

/** A lifecycle rule leaves objects below 128 KB where they are. */
function moved({ lifecycle }: PipelineSettings['uploadBucket'], sizes: readonly number[]): number {
  return lifecycle.infrequentAccessAfterDays === undefined ? 0 : sizes.filter((size) => size >= 128 * 1024).length;
}

function shareOf(statuses: readonly ('processed' | 'failed' | 'report')[]): number {
  const { failedShare } = ASSUMPTIONS;
  if (statuses.includes('report')) return 1;
  return (statuses.includes('processed') ? 1 - failedShare : 0) + (statuses.includes('failed') ? failedShare : 0);
}

/** An upload is an event of its own as a rule, and a report then tells of one image. */
function mailedShare({ publish, mail }: PipelineSettings['notifications']): number {
  return publish.includes('report') ? shareOf(mail) : shareOf(mail.filter((status) => publish.includes(status)));
}
