import { access, mkdir, rmdir, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A control group that holds its processes to a share of the CPUs. */
export interface CpuLimit {
  /** For a shell script: joins the group, before it starts what is to be limited. */
  readonly join: string;
  /** Once its processes are gone. */
  remove(): Promise<void>;
}

const PERIOD_MICROSECONDS = 20_000;

/** Makes a control group, version 2 or 1; undefined where that is not allowed, as for most who are not root. */
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

/** A process that was killed leaves its group a moment later. */
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
