import { PRICES, type Price, priceOf } from '../../../config/prices.ts';
import { readableBytes } from '../../../local/ui/readable.ts';
import { ASSUMPTIONS, assumedMilliseconds, recordBytesOf } from '../../estimate/workload.ts';
import { OperatorError } from '../../pipeline/command-line.ts';
import { counted } from '../../terminal/text.ts';
import type { BatchDeployment } from './deployment.ts';

/** The photos of a job. */
export interface PhotoTotals {
  readonly photos: number;
  /** Size of all photos together; undefined if it is not known. */
  readonly bytes: number | undefined;
  /** Number of photos whose sizes the total is projected from; undefined if all were added up. */
  readonly sampled?: number | undefined;
}

/** What a job does and costs. */
export interface JobPlan extends PhotoTotals {
  readonly seconds: number;
  /** Concurrent executions. */
  readonly concurrency: number;
  readonly costs: readonly { readonly item: string; readonly usd: number }[];
  readonly usd: number;
}

/** Limits of a job. */
export interface JobLimits {
  /** Photos. Default: no limit. */
  readonly maxObjects?: number | undefined;
  readonly maxDollars: number;
}

/** The default quota of an account, which S3 uses if nothing else limits a job. */
const UNRESERVED_CONCURRENCY = 1000;

/** A photo of 12 megapixels, if no size is known. */
const ASSUMED_MEGAPIXELS = 12;

const GIGABYTE = 1024 ** 3;

/** Plans a job with list prices and the assumptions of `estimate`, as if every photo needed processing. */
export function planJob(totals: PhotoTotals, deployment: BatchDeployment): JobPlan {
  const { photos, bytes } = totals;
  const { memoryMb, settings, concurrency = UNRESERVED_CONCURRENCY } = deployment;
  const megapixels = bytes === undefined || photos === 0 ? ASSUMED_MEGAPIXELS : bytes / photos / 1e6 / ASSUMPTIONS.originalBytesPerPixel;
  const milliseconds = assumedMilliseconds(memoryMb, megapixels);
  const compute = deployment.architecture === 'arm64' ? PRICES.computeArm64 : PRICES.computeX86;
  const cost = (item: string, ...of: readonly (readonly [Price, number])[]) => ({
    item,
    usd: of.reduce((sum, [price, quantity]) => sum + priceOf(price, quantity), 0),
  });
  const recordBytes = recordBytesOf(settings.recipe);
  const costs = [
    cost('S3 Batch Operations', [PRICES.batchJob, 1], [PRICES.batchObject, photos]),
    cost('Lambda', [PRICES.invocation, photos], [compute, (photos * milliseconds * memoryMb) / 1000 / 1024]),
    // A HEAD and a GET for the photo; a HEAD and a PUT for every rendition.
    cost(
      'S3 requests',
      [PRICES.get, photos * (2 + settings.recipe.renditions.length)],
      [PRICES.put, photos * settings.recipe.renditions.length],
    ),
    // A backfill announces nothing, so it writes twice: claim and commit. Both may update an index.
    cost('DynamoDB', [PRICES.tableWrite, photos * 4 * Math.ceil(recordBytes / 1024)]),
    cost('CloudWatch logs', [PRICES.log, (photos * ASSUMPTIONS.logBytesPerImage) / GIGABYTE]),
  ];
  return {
    ...totals,
    concurrency,
    seconds: (photos * milliseconds) / 1000 / concurrency,
    costs,
    usd: costs.reduce((sum, { usd }) => sum + usd, 0),
  };
}

/** Returns a plan as text. */
export function jobPlanText({ photos, bytes, sampled, seconds, concurrency, costs, usd }: JobPlan): string {
  const basis = sampled === undefined ? '' : ` (projected from ${counted(sampled, 'photo')})`;
  const size = bytes === undefined ? 'of unknown size' : `${sampled === undefined ? '' : 'about '}${readableTotal(bytes)}${basis}`;
  return [
    `To process: ${counted(photos, 'photo')}, ${size}`,
    `  Duration  about ${readableDuration(seconds)} with ${counted(concurrency, 'concurrent execution')}, once S3 has started the job`,
    `  Cost      about ${dollars(usd)} if every photo needs processing: ${costs.map((cost) => `${cost.item} ${dollars(cost.usd)}`).join(', ')}`,
  ].join('\n');
}

/**
 * Enforces the limits on a plan.
 * @throws {OperatorError} with the limit, the value and the next step
 */
export function enforceLimits({ photos, usd }: JobPlan, { maxObjects = Number.POSITIVE_INFINITY, maxDollars }: JobLimits): void {
  const nextStep =
    'Narrow the job with --prefix, --suffix, --min-bytes, --max-bytes, --uploaded-after or --uploaded-before, or raise the limit.';
  if (photos > maxObjects) {
    throw new OperatorError(
      `The job has ${counted(photos, 'photo')}, more than --max-objects ${maxObjects.toLocaleString('en')}. Nothing was invoked. ${nextStep}`,
    );
  }
  if (usd > maxDollars) {
    throw new OperatorError(`The job costs about ${dollars(usd)}, more than --max-dollars ${maxDollars}. Nothing was invoked. ${nextStep}`);
  }
}

/** Formats a total of many photos: `48 GB`. */
function readableTotal(bytes: number): string {
  if (bytes < 1e9) return readableBytes(bytes);
  const [amount, unit] = bytes < 1e12 ? [bytes / 1e9, 'GB'] : [bytes / 1e12, 'TB'];
  return `${amount.toFixed(amount < 10 ? 1 : 0)} ${unit}`;
}

/** Formats a duration in its two largest units: `3 h 20 min`. */
export function readableDuration(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

function dollars(usd: number): string {
  return `$${usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
