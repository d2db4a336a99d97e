import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { PRESET_NAMES, type PresetName } from '../config/presets.ts';
import { PRICES, priceOf } from '../config/prices.ts';
import { FunctionUnderTest } from './function.ts';
import { ONE_CPU_MB } from './peers.ts';
import { photograph } from './photographs.ts';
import type { Setting } from './setting.ts';
import { median } from './statistics.ts';

/** Memory settings to compare: the minimum, steps up to a whole CPU, and more than a single image can use. */
const MEMORY_MB = [512, 768, 1024, 1536, ONE_CPU_MB, 2048] as const;

/** Time and cost of a preset's 12-megapixel images with one memory setting. */
export interface SizedRun {
  readonly preset: PresetName;
  readonly memoryMb: number;
  readonly cpus: number;
  /** Median of warm invocations. */
  readonly milliseconds: number;
  readonly dollarsPerThousand: number;
}

/** Measures every preset's function with every memory setting. Returns undefined if the system does not allow limiting the CPU. */
export async function rightSizing(setting: Setting, onRun: (run: SizedRun) => void): Promise<readonly SizedRun[] | undefined> {
  const photo = await readFile(await photograph('12 MP'));
  const runs: SizedRun[] = [];
  for (const memoryMb of MEMORY_MB) {
    for (const preset of PRESET_NAMES) {
      setting.signal.throwIfAborted();
      const milliseconds = await limitedTime(preset, memoryMb, photo, setting);
      if (milliseconds === undefined) return undefined;
      const run = { preset, memoryMb, cpus: memoryMb / ONE_CPU_MB, milliseconds, dollarsPerThousand: costOf(memoryMb, milliseconds) };
      onRun(run);
      runs.push(run);
    }
  }
  return runs;
}

/** Returns the cost of a thousand invocations on arm64, in dollars. Lambda bills whole milliseconds. */
export function costOf(memoryMb: number, milliseconds: number): number {
  const gbSeconds = 1000 * (memoryMb / 1024) * (Math.ceil(milliseconds) / 1000);
  return priceOf(PRICES.computeArm64, gbSeconds) + priceOf(PRICES.invocation, 1000);
}

async function limitedTime(preset: PresetName, memoryMb: number, photo: Buffer, setting: Setting): Promise<number | undefined> {
  const limit = await limitCpus(memoryMb / ONE_CPU_MB);
  if (limit === undefined) return undefined;
  try {
    const lambda = await FunctionUnderTest.start(preset, memoryMb, setting.folder, limit.join);
    try {
      await lambda.process(photo, '.jpg');
      const times: number[] = [];
      for (let round = 0; round < setting.rounds; round += 1) times.push(await lambda.process(photo, '.jpg'));
      return median(times);
    } finally {
      await lambda.stop();
    }
  } finally {
    await limit.remove();
  }
}

/** A control group that limits the CPU share of its processes. */
interface CpuLimit {
  /** Shell command that joins the group before starting the limited program. */
  readonly join: string;
  /** Call after its processes have exited. */
  remove(): Promise<void>;
}

const PERIOD_MICROSECONDS = 20_000;

/** Creates a control group, version 2 or 1. Returns undefined if that is not allowed, which usually means not being root. */
async function limitCpus(cpus: number): Promise<CpuLimit | undefined> {
  const quota = Math.round(cpus * PERIOD_MICROSECONDS);
  const name = `image-pipeline-bench-${process.pid}`;
  const isVersion2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const group = isVersion2 ? `/sys/fs/cgroup/${name}` : `/sys/fs/cgroup/cpu/${name}`;
  const settings: Record<string, string> = isVersion2
    ? { 'cpu.max': `${quota} ${PERIOD_MICROSECONDS}` }
    : { 'cpu.cfs_period_us': String(PERIOD_MICROSECONDS), 'cpu.cfs_quota_us': String(quota) };
  try {
    await mkdir(group, { recursive: true });
    for (const [setting, value] of Object.entries(settings)) await writeFile(`${group}/${setting}`, value);
  } catch {
    await rmdir(group).catch(() => undefined);
    return undefined;
  }
  return { join: `echo $$ > ${group}/cgroup.procs && exec`, remove: () => removeGroup(group) };
}

/** Retries, because a killed process leaves its group with a delay. */
async function removeGroup(group: string): Promise<void> {
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    await rmdir(group).catch(() => delay(50));
    if (!existsSync(group)) return;
  }
}
