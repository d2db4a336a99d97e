import { access, mkdir, rmdir, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A control group that limits the CPU share of its processes. */
export interface CpuLimit {
  /** Shell command that joins the group before starting the limited program. */
  readonly join: string;
  /** Call after its processes have exited. */
  remove(): Promise<void>;
}

const PERIOD_MICROSECONDS = 20_000;

/** Creates a control group, version 2 or 1. Returns undefined if that is not allowed, which usually means not being root. */
export async function limitCpus(cpus: number): Promise<CpuLimit | undefined> {
  const quota = Math.round(cpus * PERIOD_MICROSECONDS);
  const name = `image-pipeline-bench-${process.pid}`;
  const isVersion2 = await access('/sys/fs/cgroup/cgroup.controllers').then(
    () => true,
    () => false,
  );
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
    const failure: unknown = await rmdir(group).then(
      () => undefined,
      (error) => error,
    );
    if (failure === undefined) return;
    await delay(50);
  }
}
