import { readFile } from 'node:fs/promises';

/** Linux counts CPU time in hundredths of a second on all of its platforms that Node runs on. */
const MILLISECONDS_PER_TICK = 10;

/** CPU that a process has used so far, in milliseconds: all of its threads, ended ones too, in user and system mode. */
export async function cpuMilliseconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold anything; the times are the 14th and 15th field (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MILLISECONDS_PER_TICK;
}
