import { readFileSync } from 'node:fs';
import { ImageFailure } from '../../../lambda-src/contract/outcome.ts';
import { renderImage } from '../../../lambda-src/image/render.ts';
import { configureSharp } from '../../../lambda-src/image/sharp.ts';
import { LIMITS, rendition } from './limits.ts';

/** The outcome of one file. This process prints one JSON document per line. */
export interface ChildReport {
  readonly file: string;
  readonly outcome: string;
  /** Failures only. */
  readonly detail?: string;
  /** CPU time, which does not depend on other programs. */
  readonly milliseconds: number;
  /** Peak resident memory of the process so far, in megabytes. */
  readonly peakMegabytes: number;
}

const RECIPE = {
  renditions: [rendition({ width: 1024, height: 768, format: 'jpeg' }), rendition({ name: 'tile', width: 256, height: 256, fit: 'cover' })],
  background: '#ffffff',
};

/** One rendition with each of the options that change how the image is decoded or composed. */
const RECIPE_WITH_OPTIONS = {
  renditions: [
    rendition({ name: 'moving', width: 320, height: 320, format: 'same', animated: true }),
    rendition({ name: 'padded', width: 400, height: 400, fit: 'contain', format: 'webp', background: 'transparent' }),
    rendition({ name: 'clever', width: 256, height: 256, fit: 'cover', position: 'attention', format: 'jpeg', sharpen: 1 }),
  ],
  background: '#ffffff',
};

async function outcomeOf(bytes: Buffer): Promise<Pick<ChildReport, 'outcome' | 'detail'>> {
  try {
    await renderImage(bytes, {
      recipe,
      limits: { ...LIMITS, maxFrames: 250, maxAnimationPixels: 10_000_000 },
      timeoutMilliseconds: 100_000,
    });
    return { outcome: 'rendered' };
  } catch (error) {
    if (error instanceof ImageFailure) return { outcome: error.code, detail: error.message };
    throw error;
  }
}

/** On Linux, `maxRSS` inherits the peak of the parent, here the large test runner, so this reads the process's own peak instead. */
function peakKilobytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

async function report(file: string): Promise<ChildReport> {
  // Collect the garbage of the previous file, which would count as memory of this one on a busy machine.
  globalThis.gc?.();
  const started = process.cpuUsage();
  const outcome = await outcomeOf(readFileSync(file));
  const { user, system } = process.cpuUsage(started);
  return { file, ...outcome, milliseconds: (user + system) / 1000, peakMegabytes: peakKilobytes() / 1024 };
}

const [first, ...rest] = process.argv.slice(2);
const recipe = first === '--options' ? RECIPE_WITH_OPTIONS : RECIPE;
const files = first === '--options' ? rest : process.argv.slice(2);

// Renders the files named as arguments one after another, like a function with 512 MB.
configureSharp(512);
for (const file of files) console.log(JSON.stringify(await report(file)));
