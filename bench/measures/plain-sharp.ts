import type { Size } from '../../lambda-src/image/rendition-size.ts';
import { ONE_CPU_MB, ours, TWO_CPUS_MB } from '../ours.ts';
import { missing, plainSharp } from '../peers.ts';
import { type PhotographName, photograph } from '../photographs.ts';
import { onCores } from '../renderer-process.ts';
import { inTurn } from '../rounds.ts';
import type { Measurement } from '../row.ts';
import { assertRendered, jobFor, LARGE, LEFT_OUT, type Measure, type Setting, SMALL, withRenderers } from '../setting.ts';
import { ratiosOf } from '../statistics.ts';

interface Comparison {
  readonly photo: PhotographName;
  readonly boxes: readonly Size[];
  /** Default 1. */
  readonly cores?: 1 | 2;
}

/** The cases that are also measured with other peers. */
const COMPARISONS: readonly Comparison[] = [
  { photo: '6 MP', boxes: [LARGE, SMALL] },
  { photo: '12 MP', boxes: [LARGE, SMALL] },
  { photo: '24 MP', boxes: [LARGE, SMALL] },
  { photo: '6 MP', boxes: [LARGE] },
  { photo: '12 MP', boxes: [LARGE] },
  { photo: '24 MP', boxes: [LARGE] },
  { photo: '12 MP with sRGB profile', boxes: [LARGE] },
  { photo: '12 MP progressive', boxes: [LARGE] },
  { photo: '12 MP PNG', boxes: [LARGE] },
  { photo: '12 MP', boxes: [LARGE, SMALL], cores: 2 },
];

/** Enough jobs to keep two cores busy most of the time. */
const BATCH = 6;

/** Comparison with a typical sharp script: no guard, no placeholder, one decode per rendition. */
export const againstPlainSharp: Measure = {
  title: 'a plain sharp script',
  async run(setting) {
    const rows: Measurement[] = [];
    for (const comparison of COMPARISONS) rows.push(await compare(comparison, setting));
    return rows;
  },
};

async function compare({ photo, boxes, cores = 1 }: Comparison, setting: Setting): Promise<Measurement> {
  const renditions = boxes.length === 1 ? '1 rendition' : `${boxes.length} renditions`;
  const row = {
    measure: `throughput vs a plain sharp script, ${photo}, ${renditions}${cores === 2 ? ', two cores' : ''}`,
    unit: '×',
  } as const;
  const leftOut = setting.quick && photo !== '12 MP' ? LEFT_OUT : undefined;
  const notMeasured = leftOut ?? missing(setting.installed, ['taskset']);
  if (notMeasured !== undefined) return { ...row, notMeasured };
  const path = await photograph(photo);
  const jobsOf = (name: string) =>
    Array.from({ length: cores === 2 ? BATCH : 1 }, (_, at) => jobFor(setting.folder, `${name}-${at}`, path, boxes));
  const [ourJobs, theirJobs] = [jobsOf('ours'), jobsOf('plain')];
  const commands = [await ours(cores === 2 ? TWO_CPUS_MB : ONE_CPU_MB), plainSharp()].map((command) =>
    onCores(cores === 2 ? '0,1' : '0', command),
  );
  return withRenderers(commands, setting, async (us, them) => {
    const times = await inTurn({ ours: () => us.render(ourJobs, cores), theirs: () => them.render(theirJobs, cores) }, setting);
    await Promise.all([...ourJobs, ...theirJobs].map(assertRendered));
    return { ...row, figures: ratiosOf(times.theirs, times.ours) };
  });
}
