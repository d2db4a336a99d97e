import { perImage, type Workload } from './workload.ts';

/** A limit that a growing load reaches. */
export interface Limit {
  readonly name: string;
  /** Maximum, in `unit`. */
  readonly holds: number;
  /** What this load needs at its peak. */
  readonly inUse: number;
  readonly unit: string;
  /** The load that reaches the limit if nothing else changes. */
  readonly upToImagesPerDay: number;
  /** How to raise it. */
  readonly moves: string;
  /** Path of the setting that raises it, if there is one. */
  readonly setting?: string;
}

/** Whether the load exceeds the limit. */
export function isOver({ inUse, holds }: Limit): boolean {
  return inUse > holds;
}

/** Returns the concurrent executions, on average and at the peak: rate × duration (Little's law). */
export function concurrency(workload: Workload): { average: number; peak: number } {
  const average = imagesPerSecond(workload) * (workload.milliseconds / 1000);
  return { average, peak: average * workload.peakFactor };
}

/** Returns the images per second, on average over the day. */
export function imagesPerSecond({ imagesPerDay }: Workload): number {
  return imagesPerDay / 86_400;
}

/** Default quota of concurrent executions per account and region (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
export const ACCOUNT_CONCURRENCY = 1_000;

/** Executions that a function can add every 10 seconds (https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html). */
const BURST = 1_000;

/** PUT requests per second for one prefix (https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html). */
export const PUTS_PER_PREFIX = 3_500;

/** Write units per second of a new on-demand table (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html). */
export const NEW_TABLE_WRITES = 4_000;

/** Write units per second of one partition of a table or an index (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html). */
const PARTITION_WRITES = 1_000;

/** Mails per second above which SNS disables the subscription (https://repost.aws/knowledge-center/sns-email-subscription-disabled). */
const MAILS_PER_SECOND = 10;

/** Mails a day that people still read: our judgement, not a limit of AWS. */
const READABLE_MAILS_PER_DAY = 100;

/** Returns all limits, sorted by the load at which each is reached. */
export function limitsOf(workload: Workload): Limit[] {
  const limits = [...lambdaLimits(workload), ...storeLimits(workload), ...mailLimits(workload)];
  return limits
    .filter(({ inUse }) => inUse > 0)
    .map((limit) => ({ ...limit, upToImagesPerDay: (workload.imagesPerDay * limit.holds) / limit.inUse }))
    .sort((a, b) => a.upToImagesPerDay - b.upToImagesPerDay);
}

const FASTER = 'more `function.memoryMb` makes images faster, up to 1,769';

type Given = Omit<Limit, 'upToImagesPerDay'>;

function lambdaLimits(workload: Workload): Given[] {
  const { peak } = concurrency(workload);
  const reserved = workload.settings.function.reservedConcurrency;
  const needed = { inUse: peak, unit: 'concurrent executions' };
  const ceiling: Given =
    reserved >= 0
      ? {
          name: 'reserved concurrency',
          holds: reserved,
          ...needed,
          moves: `\`function.reservedConcurrency\` (--var reserved_concurrency); 100 of the account’s quota must stay unreserved; ${FASTER}`,
          setting: 'function.reservedConcurrency',
        }
      : {
          name: 'concurrency quota of the account',
          holds: ACCOUNT_CONCURRENCY,
          ...needed,
          moves: `Service Quotas, “Concurrent executions” (a new account may have 10); ${FASTER}`,
          setting: 'function.memoryMb',
        };
  const burst: Given = {
    name: 'burst of Lambda',
    holds: BURST,
    inUse: peak,
    unit: 'executions in the first 10 s',
    moves: 'nothing; it grows by 1,000 every 10 s, and events wait for up to 6 hours',
  };
  return [ceiling, burst];
}

function storeLimits(workload: Workload): Given[] {
  const peakRate = imagesPerSecond(workload) * workload.peakFactor;
  const { tableWrites, indexWrites } = perImage(workload);
  return [
    {
      name: 'S3 prefix',
      holds: PUTS_PER_PREFIX,
      inUse: peakRate,
      unit: 'PUT/s',
      moves: 'spreading the keys over prefixes, such as `uploads/3f/…`; S3 also splits a busy prefix after a while',
    },
    {
      name: 'new DynamoDB table',
      holds: NEW_TABLE_WRITES,
      inUse: peakRate * tableWrites,
      unit: 'write units/s',
      moves: 'the table’s warm throughput; on its own, it doubles with every peak, up to 40,000 (Service Quotas)',
    },
    {
      name: 'day of the UploadTimestampIndex',
      holds: PARTITION_WRITES,
      inUse: peakRate * indexWrites,
      unit: 'write units/s',
      moves: 'sharding the day of `table.uploadTimestampIndex` (docs/decisions/upload-timestamp-index.md)',
      setting: 'table.uploadTimestampIndex',
    },
  ];
}

const FEWER_MAILS = {
  moves: '`notifications.mail` (--var notification_statuses); for many messages, subscribe a queue',
  setting: 'notifications.mail',
};

function mailLimits(workload: Workload): Given[] {
  const { mails } = perImage(workload);
  return [
    {
      name: 'mails that people read',
      holds: READABLE_MAILS_PER_DAY,
      inUse: workload.imagesPerDay * mails,
      unit: 'mails a day',
      ...FEWER_MAILS,
    },
    {
      name: 'mails of SNS',
      holds: MAILS_PER_SECOND,
      inUse: imagesPerSecond(workload) * workload.peakFactor * mails,
      unit: 'mails/s',
      ...FEWER_MAILS,
      moves: `${FEWER_MAILS.moves}; above the limit, SNS disables the subscription`,
    },
  ];
}
