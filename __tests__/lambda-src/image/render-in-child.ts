import { readFileSync } from 'node:fs';
import { ImageFailure } from '../../../lambda-src/contract/outcome.ts';
import { configureSharp } from '../../../lambda-src/image/configure-sharp.ts';
import { renderImage } from '../../../lambda-src/image/render.ts';
import { LIMITS, rendition } from './limits.ts';

/** What became of one file, as this process prints it, one JSON document a line. */
export interface ChildReport {
  readonly file: string;
  readonly outcome: string;
  /** Of a failure. */
  readonly detail?: string;
  /** Of the processor, which other programs do not lengthen. */
  readonly milliseconds: number;
  /** Most memory that the process had resident until now, in megabytes. */
  readonly peakMegabytes: number;
}

const RECIPE = {
  renditions: [rendition({ width: 1024, height: 768, format: 'jpeg' }), rendition({ name: 'tile', width: 256, height: 256, fit: 'cover' })],
  background: '#ffffff',
};

async function outcomeOf(bytes: Buffer): Promise<Pick<ChildReport, 'outcome' | 'detail'>> {
  try {
    await renderImage(bytes, { recipe: RECIPE, limits: LIMITS, timeoutMilliseconds: 100_000 });
    return { outcome: 'rendered' };
  } catch (error) {
    if (error instanceof ImageFailure) return { outcome: error.code, detail: error.message };
    throw error;
  }
}

/** Linux hands a process the peak of its parent in `maxRSS`, and a test runner is large: there the peak of its own memory counts. */
function peakKilobytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

async function report(file: string): Promise<ChildReport> {
  // What the file before left behind says nothing about this one, and stays the longer the busier the machine is.
  globalThis.gc?.();
  const started = process.cpuUsage();
  const outcome = await outcomeOf(readFileSync(file));
  const { user, system } = process.cpuUsage(started);
  return { file, ...outcome, milliseconds: (user + system) / 1000, peakMegabytes: peakKilobytes() / 1024 };
}

// Renders the files that are named, one after the other, as a function of 512 MB does.
configureSharp(512);
for (const file of process.argv.slice(2)) console.log(JSON.stringify(await report(file)));
