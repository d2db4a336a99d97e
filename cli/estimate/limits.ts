import { perImage, type Workload } from './workload.ts';

/** Something that gives out when the load grows. */
export interface Limit {
  readonly name: string;
  /** How much there is of it. */
  readonly holds: number;
  /** How much this load takes in its busiest moments. */
  readonly inUse: number;
  readonly unit: string;
  /** The load at which it gives out, other things being equal. */
  readonly upToImagesPerDay: number;
  /** What moves it. */
  readonly moves: string;
  /** Path of the setting among them, if one does. */
  readonly setting?: string;
}

/** Whether the load is more than it holds. */
export function isOver({ inUse, holds }: Limit): boolean {
  return inUse > holds;
}

/** How many executions run at once on average and at the peak: rate × duration (Little's law). */
export function concurrency(workload: Workload): { average: number; peak: number } {
  const average = imagesPerSecond(workload) * (workload.milliseconds / 1000);
  return { average, peak: average * workload.peakFactor };
}

/** Images a second, on average over the day. */
export function imagesPerSecond({ imagesPerDay }: Workload): number {
  return imagesPerDay / 86_400;
}

/** Lambda's default quota for an account and region (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const ACCOUNT_CONCURRENCY = 1_000;

/** More executions that a function may start every 10 seconds (https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html). */
const BURST = 1_000;

/** PUT requests a second of one prefix (https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html). */
const PUTS_PER_PREFIX = 3_500;

/** Write units a second that a new on-demand table takes at once (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html). */
const NEW_TABLE_WRITES = 4_000;

/** Write units a second of one partition, of a table or of an index (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html). */
const PARTITION_WRITES = 1_000;

/** Mails a second, above which SNS deactivates the subscription (https://repost.aws/knowledge-center/sns-email-subscription-disabled). */
const MAILS_PER_SECOND = 10;

/** More than this a day, and nobody reads them any more: a judgement, not a rule of AWS. */
const READABLE_MAILS_PER_DAY = 100;

/** Everything that gives out as the load grows, what binds first on top. */
export function limitsOf(workload: Workload): Limit[] {
  const limits = [...lambdaLimits(workload), ...storeLimits(workload), ...mailLimits(workload)];
  return limits
    .filter(({ inUse }) => inUse > 0)
    .map((limit) => ({ ...limit, upToImagesPerDay: (workload.imagesPerDay * limit.holds) / limit.inUse }))
    .sort((a, b) => a.upToImagesPerDay - b.upToImagesPerDay);
}

const FASTER = 'images are faster with more `function.memoryMb`, up to 1,769';

type Given = Omit<Limit, 'upToImagesPerDay'>;

function lambdaLimits(workload: Workload): Given[] {
  const { peak } = concurrency(workload);
  const reserved = workload.settings.function.reservedConcurrency;
  const ceiling: Given =
    reserved >= 0
      ? {
          name: 'reserved concurrency',
          holds: reserved,
          inUse: peak,
          unit: 'executions at once',
          moves: `\`function.reservedConcurrency\` (--var reserved_concurrency); AWS keeps 100 of the account’s quota unreserved; ${FASTER}`,
          setting: 'function.reservedConcurrency',
        }
      : {
          name: 'concurrency quota of the account',
          holds: ACCOUNT_CONCURRENCY,
          inUse: peak,
          unit: 'executions at once',
          moves: `Service Quotas, “Concurrent executions” (a new account may have 10); ${FASTER}`,
          setting: 'function.memoryMb',
        };
  const burst: Given = {
    name: 'burst of Lambda',
    holds: BURST,
    inUse: peak,
    unit: 'executions after 10 s from none',
    moves: 'nothing: it grows by 1,000 every 10 s, and events wait for up to 6 hours',
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
      moves: 'the names of the keys: spread them over prefixes, such as `uploads/3f/…`; S3 splits a busy prefix by itself in time',
    },
    {
      name: 'new DynamoDB table',
      holds: NEW_TABLE_WRITES,
      inUse: peakRate * tableWrites,
      unit: 'write units/s',
      moves: 'the table’s warm throughput; by itself it doubles with every peak, up to 40,000 (Service Quotas)',
    },
    {
      name: 'day of the UploadTimestampIndex',
      holds: PARTITION_WRITES,
      inUse: peakRate * indexWrites,
      unit: 'write units/s',
      moves: '`table.uploadTimestampIndex`: shard the day (docs/decisions/upload-timestamp-index.md)',
      setting: 'table.uploadTimestampIndex',
    },
  ];
}

const FEWER_MAILS = {
  moves: '`notifications.mail` (--var notification_statuses); for volume subscribe a queue instead',
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
      unit: 'mails/s, or SNS ends the subscription',
      ...FEWER_MAILS,
    },
  ];
}
