import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A function that follows instructions in its event, so that tests can inject faults. */
const SOURCE = `
import { existsSync } from 'node:fs';

let invocations = 0;
export async function handler(event, context) {
  invocations++;
  if (event.say) console.log(event.say);
  if (event.sayPid) console.log(process.pid);
  if (event.complain) console.error(event.complain);
  if (event.wait) await new Promise((resolve) => setTimeout(resolve, event.wait));
  if (existsSync(event.sayWhileThere)) {
    console.log('at work');
    while (existsSync(event.sayWhileThere)) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (event.spin) for (;;);
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.fail) throw new TypeError(event.fail);
  return {
    pid: process.pid,
    invocations,
    event,
    context: { ...context, remaining: context.getRemainingTimeInMillis() },
    environment: { ...process.env },
    options: process.execArgv,
  };
}
`;

/** Writes the stand-in to its own folder. */
export async function standInBundle(source = SOURCE): Promise<{ path: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'stand-in-'));
  const path = join(folder, 'index.mjs');
  await writeFile(path, source);
  return { path, remove: () => rm(folder, { recursive: true }) };
}
