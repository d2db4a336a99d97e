import { readFile } from 'node:fs/promises';

/** Linux reports CPU time in hundredths of a second on all platforms that Node supports. */
const MILLISECONDS_PER_TICK = 10;

/** Returns the CPU time of a process so far, in milliseconds: user and system time of all threads, including finished ones. */
export async function cpuMilliseconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses can contain anything; the times are fields 14 and 15 (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MILLISECONDS_PER_TICK;
}
