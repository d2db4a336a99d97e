import { PRICES, PRICES_OF, priceOf } from '../../config/prices.ts';
import type { PipelineSettings } from '../../config/settings.ts';
import { type CostLine, computeSeconds, monthlyCosts, type StorageGrowth, storageGrowth, totalOf } from './cost.ts';
import { concurrency, imagesPerSecond, type Limit, limitsOf } from './limits.ts';
import { assumedMilliseconds, type Workload } from './workload.ts';

/** The known facts of a load; settings and assumptions supply the rest. */
export interface LoadOptions {
  readonly imagesPerDay?: number | undefined;
  readonly megapixels?: number | undefined;
  readonly milliseconds?: number | undefined;
  readonly memoryMb?: number | undefined;
  readonly peakFactor?: number | undefined;
}

/** The cost of a load and the limits it meets; the JSON document of `estimate --json`. */
export interface Estimate extends Omit<Workload, 'settings'> {
  readonly preset: string;
  readonly memoryMb: number;
  /** Whether the duration was given rather than assumed. */
  readonly measured: boolean;
  readonly imagesPerSecond: { readonly average: number; readonly peak: number };
  readonly concurrency: { readonly average: number; readonly peak: number };
  /** For 30 days, in US dollars. */
  readonly costs: readonly CostLine[];
  readonly totalUsd: number;
  /** Cost of Lambda compute on each architecture. */
  readonly computeUsd: { readonly arm64: number; readonly x86_64: number };
  readonly storageGrowth: StorageGrowth;
  /** Sorted by the load at which each is reached. */
  readonly limits: readonly Limit[];
  readonly pricesOf: string;
}

/** Completes a load with the values of the settings and with defaults. */
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

/** Estimates the cost of a load on a deployment, and the limits it meets. */
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
