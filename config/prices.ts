interface Tier {
  readonly upTo: number;
  readonly usd: number;
}

/** Where a price is published, and when it was last seen there. */
interface Source {
  readonly page: string;
  readonly url: string;
  /** Year and month. */
  readonly asOf: string;
}

/** The price of a unit in US dollars; it may fall as more units are used. */
export interface Price {
  readonly unit: string;
  readonly source: Source;
  /** In ascending order; each applies to the units up to this number per month. */
  readonly tiers: readonly [Tier, ...Tier[]];
}

/*
 * The dates are those of the newest copies of AWS's pages that could be found. To update a price, look at its page, or at the price list
 * (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html), and change the date with it.
 */
const LAMBDA: Source = { page: 'AWS Lambda pricing', url: 'https://aws.amazon.com/lambda/pricing/', asOf: '2026-06' };
const S3: Source = { page: 'Amazon S3 pricing', url: 'https://aws.amazon.com/s3/pricing/', asOf: '2025-07' };
const S3_STORAGE: Source = { ...S3, asOf: '2026-06' };
const DYNAMODB: Source = {
  page: 'Amazon DynamoDB on-demand pricing',
  url: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  asOf: '2025-07',
};
const SNS: Source = { page: 'Amazon SNS pricing', url: 'https://aws.amazon.com/sns/pricing/', asOf: '2026-06' };
const CLOUDWATCH: Source = { page: 'Amazon CloudWatch pricing', url: 'https://aws.amazon.com/cloudwatch/pricing/', asOf: '2026-06' };

const TERABYTE = 1024;
const ALL = Number.POSITIVE_INFINITY;

/** List prices of us-east-1 without free tiers. Those of us-west-2 are the same; most other regions cost more. */
export const PRICES = {
  computeArm64: {
    unit: 'GB-second',
    source: LAMBDA,
    tiers: [
      { upTo: 7.5e9, usd: 0.0000133334 },
      { upTo: 18.75e9, usd: 0.0000120001 },
      { upTo: ALL, usd: 0.0000106667 },
    ],
  },
  computeX86: {
    unit: 'GB-second',
    source: LAMBDA,
    tiers: [
      { upTo: 6e9, usd: 0.0000166667 },
      { upTo: 15e9, usd: 0.000015 },
      { upTo: ALL, usd: 0.0000133334 },
    ],
  },
  invocation: { unit: 'request', source: LAMBDA, tiers: [{ upTo: ALL, usd: 0.2 / 1e6 }] },
  put: { unit: 'PUT request', source: S3, tiers: [{ upTo: ALL, usd: 0.005 / 1e3 }] },
  get: { unit: 'GET or HEAD request', source: S3, tiers: [{ upTo: ALL, usd: 0.0004 / 1e3 }] },
  transition: { unit: 'object moved', source: S3, tiers: [{ upTo: ALL, usd: 0.01 / 1e3 }] },
  storage: {
    unit: 'GB',
    source: S3_STORAGE,
    tiers: [
      { upTo: 50 * TERABYTE, usd: 0.023 },
      { upTo: 500 * TERABYTE, usd: 0.022 },
      { upTo: ALL, usd: 0.021 },
    ],
  },
  /** S3 Batch Operations. */
  batchJob: { unit: 'job', source: S3, tiers: [{ upTo: ALL, usd: 0.25 }] },
  batchObject: { unit: 'object in a job', source: S3, tiers: [{ upTo: ALL, usd: 1 / 1e6 }] },
  tableWrite: { unit: 'write unit', source: DYNAMODB, tiers: [{ upTo: ALL, usd: 0.625 / 1e6 }] },
  /** Storage plus continuous backup. */
  tableStorage: { unit: 'GB', source: DYNAMODB, tiers: [{ upTo: ALL, usd: 0.25 + 0.2 }] },
  message: { unit: 'message', source: SNS, tiers: [{ upTo: ALL, usd: 0.5 / 1e6 }] },
  mail: { unit: 'mail', source: SNS, tiers: [{ upTo: ALL, usd: 2 / 1e5 }] },
  /** Lambda logs, tiered since May 2025. */
  log: {
    unit: 'GB',
    source: CLOUDWATCH,
    tiers: [
      { upTo: 10 * TERABYTE, usd: 0.5 },
      { upTo: 30 * TERABYTE, usd: 0.25 },
      { upTo: 50 * TERABYTE, usd: 0.1 },
      { upTo: ALL, usd: 0.05 },
    ],
  },
  metric: { unit: 'metric', source: CLOUDWATCH, tiers: [{ upTo: ALL, usd: 0.3 }] },
  alarm: { unit: 'alarm', source: CLOUDWATCH, tiers: [{ upTo: ALL, usd: 0.1 }] },
  compositeAlarm: { unit: 'alarm', source: CLOUDWATCH, tiers: [{ upTo: ALL, usd: 0.5 }] },
  dashboard: { unit: 'dashboard', source: CLOUDWATCH, tiers: [{ upTo: ALL, usd: 3 }] },
} as const satisfies Record<string, Price>;

/** The dates of the oldest and the newest price. */
export const PRICES_OF: string = (() => {
  const dates = Object.values(PRICES)
    .map(({ source }) => source.asOf)
    .toSorted();
  return `${dates[0]} to ${dates.at(-1)}`;
})();

/** Returns the price of the first unit. */
export function firstPrice({ tiers }: Price): number {
  return tiers[0].usd;
}

/** Returns the cost of a quantity in a month. */
export function priceOf({ tiers }: Price, quantity: number): number {
  let usd = 0;
  let below = 0;
  for (const tier of tiers) {
    usd += Math.max(0, Math.min(quantity, tier.upTo) - below) * tier.usd;
    below = tier.upTo;
  }
  return usd;
}
