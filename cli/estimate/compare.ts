import type { PipelineSettings } from '../../config/settings.ts';
import { MEGABYTES_PER_VCPU, megabytesNeeded } from '../../lambda-src/contract/memory.ts';
import { estimate, type LoadOptions } from './estimate.ts';
import { ASSUMPTIONS } from './workload.ts';

/** One size of the function, on both architectures. */
export interface Choice {
  readonly memoryMb: number;
  /** Duration of an average invocation, assumed to be the same on both architectures. */
  readonly milliseconds: number;
  readonly peakConcurrency: number;
  /** Cost of Lambda's compute for 30 days, in US dollars. */
  readonly computeUsd: { readonly arm64: number; readonly x86_64: number };
  /** Cost of everything for 30 days, in US dollars. */
  readonly totalUsd: { readonly arm64: number; readonly x86_64: number };
  /** Whether the images in flight fit into the memory, each as large as `limits` allow. */
  readonly isEnough: boolean;
  /** Whether the preset has this size. */
  readonly isCurrent: boolean;
}

/** 512 MB is the minimum in the settings; more than two vCPUs hardly make an image faster. */
const SIZES = [512, 1024, MEGABYTES_PER_VCPU, 2048, 2 * MEGABYTES_PER_VCPU];

/** Compares sizes of the function for a load. A measured duration belongs to the size in `load.memoryMb`; the other sizes scale it. */
export function compare(settings: PipelineSettings, load: LoadOptions): Choice[] {
  const current = load.memoryMb ?? settings.function.memoryMb;
  return [...new Set([...SIZES, current])]
    .toSorted((a, b) => a - b)
    .map((memoryMb) => {
      const milliseconds = load.milliseconds === undefined ? undefined : scaled(load.milliseconds, current, memoryMb);
      const on = (architecture: PipelineSettings['architecture']) =>
        estimate({ ...settings, architecture }, { ...load, memoryMb, milliseconds });
      const [arm64, x86_64] = [on('arm64'), on('x86_64')];
      return {
        memoryMb,
        milliseconds: arm64.milliseconds,
        peakConcurrency: arm64.concurrency.peak,
        computeUsd: arm64.computeUsd,
        totalUsd: { arm64: arm64.totalUsd, x86_64: x86_64.totalUsd },
        isEnough:
          megabytesNeeded(memoryMb, { limits: settings.limits, heic: settings.heic, renditions: settings.recipe.renditions }) <= memoryMb,
        isCurrent: memoryMb === current,
      };
    });
}

/** Waiting takes the same time on every size; the rest depends on the share of one vCPU. */
function scaled(milliseconds: number, measuredMb: number, memoryMb: number): number {
  const cpus = (mb: number): number => Math.min(1, mb / MEGABYTES_PER_VCPU);
  const waiting = Math.min(milliseconds, ASSUMPTIONS.waitingMilliseconds);
  return Math.round(waiting + ((milliseconds - waiting) * cpus(measuredMb)) / cpus(memoryMb));
}
