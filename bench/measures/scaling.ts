import { imagesInFlight } from '../../lambda-src/contract/memory.ts';
import { ONE_CPU_MB, ours, TWO_CPUS_MB } from '../ours.ts';
import { missing } from '../peers.ts';
import { photograph } from '../photographs.ts';
import { onCores } from '../renderer-process.ts';
import { inTurn } from '../rounds.ts';
import { atLeast } from '../row.ts';
import { assertRendered, jobFor, LARGE, type Measure, SMALL, withRenderers } from '../setting.ts';
import { ratiosOf } from '../statistics.ts';

/** Enough jobs that the last one, which runs alone, counts for little. */
const BATCH = 24;

/** Compares functions with one and two vCPUs, each with its number of images in flight. */
export const scaling: Measure = {
  title: 'one core and two',
  async run(setting) {
    const row = { measure: 'scaling from one core to two, 12 MP, 2 renditions', unit: '×', target: atLeast(1.7) } as const;
    const notMeasured = missing(setting.installed, ['taskset']);
    if (notMeasured !== undefined) return [{ ...row, notMeasured }];
    const photo = await photograph('12 MP');
    const jobs = Array.from({ length: BATCH }, (_, index) => jobFor(setting.folder, `scaling-${index}`, photo, [LARGE, SMALL]));
    const commands = [onCores('0', await ours(ONE_CPU_MB)), onCores('0,1', await ours(TWO_CPUS_MB))];
    return withRenderers(commands, setting, async (one, two) => {
      const times = await inTurn(
        { one: () => one.render(jobs, imagesInFlight(ONE_CPU_MB)), two: () => two.render(jobs, imagesInFlight(TWO_CPUS_MB)) },
        setting,
      );
      await Promise.all(jobs.map(assertRendered));
      return [{ ...row, figures: ratiosOf(times.one, times.two) }];
    });
  },
};
