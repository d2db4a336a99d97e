import { existsSync } from 'node:fs';
import { ONE_CPU_MB, ours, TWO_CPUS_MB } from '../peers.ts';
import { type PhotographName, photograph } from '../photographs.ts';
import type { Command } from '../renderer-process.ts';
import { atMost, type Measurement } from '../row.ts';
import { assertRendered, jobFor, LARGE, LEFT_OUT, type Measure, type Setting, SMALL, withRenderers } from '../setting.ts';
import { type Figures, figuresOf, growthOf } from '../statistics.ts';

const FRESH_ROUNDS = 3;
const WARM_IMAGES = 200;
const MANY_IMAGES = 1000;
/** Images between two memory samples. */
const STEP = 20;

/** Resident memory of a renderer process, as reported by the operating system. */
export const memory: Measure = {
  title: 'memory',
  async run(setting) {
    if (!existsSync('/proc/self/status')) return [{ measure: 'resident memory', unit: 'MB', notMeasured: 'needs Linux’s /proc' }];
    return [
      { ...FRESH, figures: await fresh('12 MP', setting) },
      ...(setting.quick
        ? NOT_IN_QUICK
        : [{ ...PROGRESSIVE, figures: await fresh('24 MP progressive', setting) }, ...(await warm(setting))]),
    ];
  },
};

const FRESH = { measure: 'resident memory, 12 MP in a fresh process', unit: 'MB', target: atMost(100) } as const;
const PROGRESSIVE = { measure: 'resident memory, 24 MP progressive in a fresh process', unit: 'MB', target: atMost(160) } as const;
const WARM = {
  measure: `resident memory, warm: the most in ${WARM_IMAGES} images of 12 MP, 2 in flight`,
  unit: 'MB',
  target: atMost(200),
} as const;
const FLAT = {
  measure: `resident memory over ${MANY_IMAGES} images: the last 200 above images 200–400`,
  unit: '%',
  target: atMost(5),
} as const;
const NOT_IN_QUICK: readonly Measurement[] = [PROGRESSIVE, WARM, FLAT].map((row) => ({ ...row, notMeasured: LEFT_OUT }));

/** Measures the peak resident memory of a fresh process for its first photo. */
async function fresh(name: PhotographName, setting: Setting): Promise<Figures> {
  const job = jobFor(setting.folder, 'fresh', await photograph(name), [LARGE, SMALL]);
  const command = await ours(ONE_CPU_MB);
  const peaks: number[] = [];
  for (let round = 0; round < FRESH_ROUNDS; round += 1) {
    peaks.push(
      await withRenderers([command], setting, async (renderer) => {
        await renderer.render([job]);
        return renderer.residentMegabytes('VmHWM');
      }),
    );
  }
  await assertRendered(job);
  return figuresOf(peaks);
}

async function warm(setting: Setting): Promise<readonly Measurement[]> {
  const command = await ours(TWO_CPUS_MB);
  const tuned = await residentOver(MANY_IMAGES, command, setting);
  const { MALLOC_ARENA_MAX: _, ...environment } = { MALLOC_ARENA_MAX: '', ...command.environment };
  const untuned = await residentOver(WARM_IMAGES, { ...command, environment }, setting);
  const [early, late] = [tuned.slice(WARM_IMAGES / STEP, (2 * WARM_IMAGES) / STEP), tuned.slice(-WARM_IMAGES / STEP)];
  return [
    { ...WARM, figures: peakOf(tuned.slice(0, WARM_IMAGES / STEP)) },
    { measure: 'the same without MALLOC_ARENA_MAX=1', unit: 'MB', figures: peakOf(untuned) },
    { ...FLAT, figures: growthOf(early, late) },
  ];
}

/** Samples the resident memory every few images, with two in flight, in megabytes. */
async function residentOver(images: number, command: Command, setting: Setting): Promise<readonly number[]> {
  const photo = await photograph('12 MP');
  const jobs = Array.from({ length: STEP }, (_, index) => jobFor(setting.folder, `warm-${index % 2}`, photo, [LARGE, SMALL]));
  return withRenderers([command], setting, async (renderer) => {
    const resident: number[] = [];
    while (resident.length < images / STEP) {
      await renderer.render(jobs, 2);
      resident.push(await renderer.residentMegabytes('VmRSS'));
    }
    return resident;
  });
}

function peakOf(megabytes: readonly number[]) {
  return { ...figuresOf(megabytes), value: Math.max(...megabytes) };
}
