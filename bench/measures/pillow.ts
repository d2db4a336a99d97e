import type { Size } from '../../lambda-src/image/rendition-size.ts';
import { ONE_CPU_MB, ours } from '../ours.ts';
import { missing, pillow } from '../peers.ts';
import { type PhotographName, photograph } from '../photographs.ts';
import { onCores } from '../renderer-process.ts';
import { inTurn } from '../rounds.ts';
import { atLeast, type Measurement, type Target } from '../row.ts';
import { assertRendered, jobFor, LARGE, LEFT_OUT, type Measure, type Setting, SMALL, withRenderers } from '../setting.ts';
import { ratiosOf } from '../statistics.ts';

interface Comparison {
  readonly photo: PhotographName;
  readonly boxes: readonly Size[];
  readonly target?: Target;
}

const COMPARISONS: readonly Comparison[] = [
  { photo: '6 MP', boxes: [LARGE, SMALL], target: atLeast(4) },
  { photo: '12 MP', boxes: [LARGE, SMALL], target: atLeast(6) },
  { photo: '24 MP', boxes: [LARGE, SMALL], target: atLeast(7) },
  { photo: '12 MP', boxes: [LARGE], target: atLeast(3) },
  { photo: '12 MP with sRGB profile', boxes: [LARGE], target: atLeast(2.7) },
  { photo: '12 MP progressive', boxes: [LARGE] },
  { photo: '12 MP PNG', boxes: [LARGE] },
];

/** Throughput on one core compared with a plain Pillow script. */
export const againstPillow: Measure = {
  title: 'a plain Pillow script',
  async run(setting) {
    const rows: Measurement[] = [];
    for (const comparison of COMPARISONS) rows.push(await compare(comparison, setting));
    return rows;
  },
};

async function compare({ photo, boxes, target }: Comparison, setting: Setting): Promise<Measurement> {
  const renditions = boxes.length === 1 ? '1 rendition' : `${boxes.length} renditions`;
  const row = { measure: `throughput vs a plain Pillow script, ${photo}, ${renditions}`, unit: '×', target } as const;
  const leftOut = setting.quick && !photo.startsWith('12 MP') ? LEFT_OUT : undefined;
  const notMeasured = leftOut ?? missing(setting.installed, ['pillow', 'taskset']);
  if (notMeasured !== undefined) return { ...row, notMeasured };
  const commands = [await ours(ONE_CPU_MB), pillow()].map((command) => onCores('0', command));
  return withRenderers(commands, setting, async (us, them) => {
    const path = await photograph(photo);
    const [ourJob, theirJob] = [jobFor(setting.folder, 'ours', path, boxes), jobFor(setting.folder, 'theirs', path, boxes)];
    const times = await inTurn({ ours: () => us.render([ourJob]), theirs: () => them.render([theirJob]) }, setting);
    await Promise.all([ourJob, theirJob].map(assertRendered));
    return { ...row, figures: ratiosOf(times.theirs, times.ours) };
  });
}
