interface Tier {
  readonly upTo: number;
  readonly usd: number;
}

/** The price of a unit in US dollars; it may fall as more units are used. */
export interface Price {
  readonly unit: string;
  /** The AWS page with this price. */
  readonly page: string;
  /** In ascending order; each applies to the units up to this number per month. */
  readonly tiers: readonly [Tier, ...Tier[]];
}

/** When the prices were looked up. Those of Lambda, SNS, CloudWatch and S3 storage were the same in 2026-06. */
export const PRICES_OF = '2025-07';

const LAMBDA = 'AWS Lambda Pricing (aws.amazon.com/lambda/pricing)';
const S3 = 'Amazon S3 pricing (aws.amazon.com/s3/pricing)';
const DYNAMODB = 'Pricing for On-Demand Capacity (aws.amazon.com/dynamodb/pricing/on-demand)';
const SNS = 'Amazon SNS pricing (aws.amazon.com/sns/pricing)';
const CLOUDWATCH = 'Amazon CloudWatch Pricing (aws.amazon.com/cloudwatch/pricing)';

const TERABYTE = 1024;
const ALL = Number.POSITIVE_INFINITY;

/** List prices of us-east-1 without free tiers. Those of us-west-2 are the same; most other regions cost more. */
export const PRICES = {
  computeArm64: {
    unit: 'GB-second',
    page: LAMBDA,
    tiers: [
      { upTo: 7.5e9, usd: 0.0000133334 },
      { upTo: 18.75e9, usd: 0.0000120001 },
      { upTo: ALL, usd: 0.0000106667 },
    ],
  },
  computeX86: {
    unit: 'GB-second',
    page: LAMBDA,
    tiers: [
      { upTo: 6e9, usd: 0.0000166667 },
      { upTo: 15e9, usd: 0.000015 },
      { upTo: ALL, usd: 0.0000133334 },
    ],
  },
  invocation: { unit: 'request', page: LAMBDA, tiers: [{ upTo: ALL, usd: 0.2 / 1e6 }] },
  put: { unit: 'PUT request', page: S3, tiers: [{ upTo: ALL, usd: 0.005 / 1e3 }] },
  get: { unit: 'GET or HEAD request', page: S3, tiers: [{ upTo: ALL, usd: 0.0004 / 1e3 }] },
  transition: { unit: 'object moved', page: S3, tiers: [{ upTo: ALL, usd: 0.01 / 1e3 }] },
  storage: {
    unit: 'GB',
    page: S3,
    tiers: [
      { upTo: 50 * TERABYTE, usd: 0.023 },
      { upTo: 500 * TERABYTE, usd: 0.022 },
      { upTo: ALL, usd: 0.021 },
    ],
  },
  /** S3 Batch Operations. */
  batchJob: { unit: 'job', page: S3, tiers: [{ upTo: ALL, usd: 0.25 }] },
  batchObject: { unit: 'object in a job', page: S3, tiers: [{ upTo: ALL, usd: 1 / 1e6 }] },
  tableWrite: { unit: 'write unit', page: DYNAMODB, tiers: [{ upTo: ALL, usd: 0.625 / 1e6 }] },
  /** Storage plus continuous backup. */
  tableStorage: { unit: 'GB', page: DYNAMODB, tiers: [{ upTo: ALL, usd: 0.25 + 0.2 }] },
  message: { unit: 'message', page: SNS, tiers: [{ upTo: ALL, usd: 0.5 / 1e6 }] },
  mail: { unit: 'mail', page: SNS, tiers: [{ upTo: ALL, usd: 2 / 1e5 }] },
  /** Lambda logs, tiered since May 2025. */
  log: {
    unit: 'GB',
    page: CLOUDWATCH,
    tiers: [
      { upTo: 10 * TERABYTE, usd: 0.5 },
      { upTo: 30 * TERABYTE, usd: 0.25 },
      { upTo: 50 * TERABYTE, usd: 0.1 },
      { upTo: ALL, usd: 0.05 },
    ],
  },
  metric: { unit: 'metric', page: CLOUDWATCH, tiers: [{ upTo: ALL, usd: 0.3 }] },
  alarm: { unit: 'alarm', page: CLOUDWATCH, tiers: [{ upTo: ALL, usd: 0.1 }] },
  compositeAlarm: { unit: 'alarm', page: CLOUDWATCH, tiers: [{ upTo: ALL, usd: 0.5 }] },
  dashboard: { unit: 'dashboard', page: CLOUDWATCH, tiers: [{ upTo: ALL, usd: 3 }] },
} as const satisfies Record<string, Price>;

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
