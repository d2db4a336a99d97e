import type { PipelineSettings } from '../../config/settings.ts';
import { type CostLine, computeSeconds, monthlyCosts, type StorageGrowth, storageGrowth, totalOf } from './cost.ts';
import { concurrency, imagesPerSecond, type Limit, limitsOf } from './limits.ts';
import { PRICES, PRICES_OF, priceOf } from './prices.ts';
import { assumedMilliseconds, type Workload } from './workload.ts';

/** What an operator may say of a load; everything else is in the settings or assumed. */
export interface LoadOptions {
  readonly imagesPerDay?: number | undefined;
  readonly megapixels?: number | undefined;
  readonly milliseconds?: number | undefined;
  readonly memoryMb?: number | undefined;
  readonly peakFactor?: number | undefined;
}

/** What a load costs and what gives out first. */
export interface Estimate {
  readonly preset: string;
  readonly imagesPerDay: number;
  readonly megapixels: number;
  readonly memoryMb: number;
  readonly milliseconds: number;
  /** Whether the duration was given, and not assumed. */
  readonly measured: boolean;
  readonly peakFactor: number;
  readonly imagesPerSecond: { readonly average: number; readonly peak: number };
  readonly concurrency: { readonly average: number; readonly peak: number };
  /** Of a month of 30 days, in US dollars. */
  readonly costs: readonly CostLine[];
  readonly totalUsd: number;
  /** Lambda compute on each architecture. */
  readonly computeUsd: { readonly arm64: number; readonly x86_64: number };
  readonly storageGrowth: StorageGrowth;
  /** What binds first on top. */
  readonly limits: readonly Limit[];
  readonly pricesOf: string;
}

/** The load as it is estimated, with what was not said filled in. */
export function workloadOf(settings: PipelineSettings, load: LoadOptions): Workload {
  const { imagesPerDay = settings.imagesPerDay, megapixels = 12, memoryMb = settings.function.memoryMb, peakFactor = 10 } = load;
  return {
    settings: { ...settings, function: { ...settings.function, memoryMb } },
    imagesPerDay,
    megapixels,
    milliseconds: load.milliseconds ?? assumedMilliseconds(memoryMb, megapixels),
    peakFactor,
  };
}

/** Estimates what a deployment costs under a load, and where it gives out. */
export function estimate(deployment: PipelineSettings, load: LoadOptions = {}): Estimate {
  const workload = workloadOf(deployment, load);
  const { settings, imagesPerDay, megapixels, milliseconds, peakFactor } = workload;
  const costs = monthlyCosts(workload);
  const seconds = computeSeconds(workload);
  const average = imagesPerSecond(workload);
  return {
    preset: settings.preset,
    imagesPerDay,
    megapixels,
    memoryMb: settings.function.memoryMb,
    milliseconds,
    measured: load.milliseconds !== undefined,
    peakFactor,
    imagesPerSecond: { average, peak: average * peakFactor },
    concurrency: concurrency(workload),
    costs,
    totalUsd: totalOf(costs),
    computeUsd: { arm64: priceOf(PRICES.computeArm64, seconds), x86_64: priceOf(PRICES.computeX86, seconds) },
    storageGrowth: storageGrowth(workload),
    limits: limitsOf(workload),
    pricesOf: PRICES_OF,
  };
}
