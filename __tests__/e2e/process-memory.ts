import { readFile } from 'node:fs/promises';

/** Returns the ids of the processes that this one has started. */
export async function childProcesses(): Promise<string[]> {
  return (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')).split(' ').filter((pid) => pid !== '');
}

/** Returns the peak resident memory of a process, as reported by the operating system. */
export async function peakMegabytes(pid: string): Promise<number> {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1000);
}
