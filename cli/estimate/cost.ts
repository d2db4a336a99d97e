import { PRICES, type Price, priceOf } from '../../config/prices.ts';
import { ALARM_NAMES, type AlarmName, type PipelineSettings, RECONCILIATION_ALARMS } from '../../config/settings.ts';
import { METRICS, RECONCILIATION_METRICS } from '../../lambda-src/contract/metrics.ts';
import { ASSUMPTIONS, perImage, type Workload } from './workload.ts';

/** A line of the bill. */
export interface CostLine {
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  readonly usd: number;
}

/** How much the photos add to the storage bill every month. */
export interface StorageGrowth {
  readonly gbPerMonth: number;
  /** Increase from one month to the next. */
  readonly usdPerMonth: number;
  /** Monthly cost once as much expires as arrives; absent if something never expires. */
  readonly levelsOffAtUsd?: number | undefined;
}

const DAYS = 30;
const GIGABYTE = 1024 ** 3;

/** Returns the cost of the first 30 days, without photos of earlier months. */
export function monthlyCosts(workload: Workload): CostLine[] {
  const { settings } = workload;
  const images = workload.imagesPerDay * DAYS;
  const one = perImage(workload);
  const compute = settings.architecture === 'arm64' ? PRICES.computeArm64 : PRICES.computeX86;
  const lines = [
    line(`Lambda compute, ${settings.architecture}`, compute, computeSeconds(workload)),
    line('Lambda requests', PRICES.invocation, images),
    line('S3 uploads and renditions', PRICES.put, images * one.puts),
    line('S3 reads', PRICES.get, images * one.gets),
    line('S3 moves to STANDARD_IA', PRICES.transition, images * one.transitions),
    line('S3 storage of one month’s photos', PRICES.storage, (images * (one.originalBytes + one.renditionBytes)) / GIGABYTE),
    line('DynamoDB writes', PRICES.tableWrite, images * (one.tableWrites + one.indexWrites)),
    line('DynamoDB storage of one month’s records', PRICES.tableStorage, (images * one.recordBytes) / GIGABYTE),
    line('SNS messages', PRICES.message, images * one.messages),
    line('SNS mails', PRICES.mail, images * one.mails),
    line('CloudWatch logs', PRICES.log, (images * ASSUMPTIONS.logBytesPerImage) / GIGABYTE),
    line('CloudWatch metrics', PRICES.metric, metricCount(settings)),
    line('CloudWatch alarms', PRICES.alarm, alarmCount(settings)),
    line('CloudWatch composite alarm', PRICES.compositeAlarm, settings.combinedAlarm ? 1 : 0),
    line('CloudWatch dashboard', PRICES.dashboard, 1),
  ];
  return lines.filter(({ quantity }) => quantity > 0);
}

/** Returns the compute of a month, in GB-seconds. */
export function computeSeconds({ imagesPerDay, milliseconds, settings }: Workload): number {
  return imagesPerDay * DAYS * (milliseconds / 1000) * (settings.function.memoryMb / 1024);
}

function line(item: string, price: Price, quantity: number): CostLine {
  return { item, quantity, unit: price.unit, usd: priceOf(price, quantity) };
}

/** Returns the sum of the lines. */
export function totalOf(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

/** Returns how storage grows, all of it priced as STANDARD. */
export function storageGrowth(workload: Workload): StorageGrowth {
  const { uploadBucket, outputBucket } = workload.settings;
  const one = perImage(workload);
  const monthly = (bytes: number): number => (workload.imagesPerDay * DAYS * bytes) / GIGABYTE;
  const stocks = [
    { gbPerMonth: monthly(one.originalBytes), months: lifetimeMonths(uploadBucket.lifecycle) },
    { gbPerMonth: monthly(one.renditionBytes), months: lifetimeMonths((outputBucket ?? uploadBucket).lifecycle) },
  ];
  const gbPerMonth = stocks.reduce((sum, stock) => sum + stock.gbPerMonth, 0);
  const level = stocks.reduce((sum, stock) => sum + (stock.gbPerMonth === 0 ? 0 : stock.gbPerMonth * stock.months), 0);
  return {
    gbPerMonth,
    usdPerMonth: priceOf(PRICES.storage, gbPerMonth),
    levelsOffAtUsd: Number.isFinite(level) ? priceOf(PRICES.storage, level) : undefined,
  };
}

/** An expired object remains for a while as a noncurrent version. */
function lifetimeMonths({ expireAfterDays, noncurrentExpireAfterDays }: Workload['settings']['uploadBucket']['lifecycle']): number {
  return expireAfterDays === undefined ? Number.POSITIVE_INFINITY : (expireAfterDays + noncurrentExpireAfterDays) / DAYS;
}

function alarmCount({ alarms, reconcile }: PipelineSettings): number {
  const exists = (name: AlarmName): boolean =>
    alarms[name] !== undefined && (reconcile !== undefined || !RECONCILIATION_ALARMS.includes(name));
  return ALARM_NAMES.filter(exists).length;
}

function metricCount({ reconcile }: PipelineSettings): number {
  return Object.keys(METRICS).length - (reconcile === undefined ? RECONCILIATION_METRICS.length : 0);
}
