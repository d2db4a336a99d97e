import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';
import sharp from 'sharp';

/** The machine that produced the figures. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Load average over the last minute before the run; above the number of cores, figures are unreliable. */
  readonly loadBefore: number;
}

export async function thisMachine(): Promise<Machine> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const distribution = release.match(/^PRETTY_NAME="(.+)"$/m)?.[1] ?? type();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${distribution}, ${arch()}`,
    loadBefore: Number(loadavg()[0]?.toFixed(1)),
  };
}

/** Returns the versions of the compared programs, by name. */
export function versionsOf(installed: Readonly<Record<string, string>>): Record<string, string> {
  return { node: process.version, sharp: sharp.versions.sharp ?? 'unknown', libvips: sharp.versions.vips ?? 'unknown', ...installed };
}
