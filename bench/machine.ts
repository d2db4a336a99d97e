import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';
import sharp from 'sharp';

/** Where the figures come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  /** Mean number of busy processes over the minute before; above the number of cores, figures are worth little. */
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

/** What is compared with what, by name. */
export function versionsOf(installed: Readonly<Record<string, string>>): Record<string, string> {
  return { node: process.version, sharp: sharp.versions.sharp ?? 'unknown', libvips: sharp.versions.vips ?? 'unknown', ...installed };
}
