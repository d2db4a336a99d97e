import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { imagesInFlight } from '../../lambda-src/contract/memory.ts';
import type { Size } from '../../lambda-src/image/rendition-size.ts';
import { missing, ONE_CPU_MB, ours, type PeerName, peerScript, pillow, plainSharp, TWO_CPUS_MB } from '../peers.ts';
import { type PhotographName, photograph } from '../photographs.ts';
import { type Command, type Job, type JobFormat, onCores, runToEnd } from '../renderer-process.ts';
import { atLeast, type Measurement } from '../row.ts';
import { assertRendered, jobFor, LARGE, LEFT_OUT, type Measure, type Setting, SMALL, withRenderers } from '../setting.ts';
import { type Contender, type Figures, inTurn, ratiosOf } from '../statistics.ts';

/** One comparison: a row of the table. */
interface Comparison {
  readonly measure: string;
  /** Absent for rows that only explain another figure. */
  readonly target?: number | undefined;
  readonly needs: readonly PeerName[];
  /** Whether `--quick` skips it. */
  readonly slow?: boolean;
  readonly run: (setting: Setting) => Promise<Figures>;
}

function comparing(title: string, comparisons: readonly Comparison[]): Measure {
  return {
    title,
    async run(setting) {
      const rows: Measurement[] = [];
      for (const { measure, target, needs, slow, run } of comparisons) {
        const notMeasured = setting.quick && slow ? LEFT_OUT : missing(setting.installed, needs);
        const result = notMeasured === undefined ? { figures: await run(setting) } : { notMeasured };
        rows.push({ measure, unit: '×', ...(target === undefined ? {} : { target: atLeast(target) }), ...result });
      }
      return rows;
    },
  };
}

/** Photos per process or for two cores, so that the start and the last photo, which runs alone, count for little. */
const BATCH = 6;
const BOTH = [LARGE, SMALL];
/** The boxes of a responsive set of five widths. */
const RESPONSIVE: readonly Size[] = [320, 640, 960, 1280, 1920].map((width) => ({ width, height: 2 * width }));
const NAMES: Readonly<Record<JobFormat, string>> = { jpeg: 'JPEG', webp: 'WebP' };

function renditionsOf(boxes: readonly Size[]): string {
  return boxes.length === 1 ? '1 rendition' : `${boxes.length} renditions`;
}

/** Comparison with a typical sharp script: no guard, no placeholder, one decode per rendition. In the cases that other peers are measured in. */
export const againstPlainSharp = comparing(
  'a plain sharp script',
  (
    [
      ['6 MP', BOTH],
      ['12 MP', BOTH],
      ['24 MP', BOTH],
      ['6 MP', [LARGE]],
      ['12 MP', [LARGE]],
      ['24 MP', [LARGE]],
      ['12 MP with sRGB profile', [LARGE]],
      ['12 MP progressive', [LARGE]],
      ['12 MP PNG', [LARGE]],
      ['12 MP', BOTH, 2],
    ] as const
  )
    .map(
      ([photo, boxes, cores = 1]): Comparison => ({
        measure: `throughput vs a plain sharp script, ${photo}, ${renditionsOf(boxes)}${cores === 2 ? ', two cores' : ''}`,
        needs: ['taskset'],
        slow: photo !== '12 MP',
        run: (setting) => againstRenderer(plainSharp(), { photo, boxes, cores: cores === 2 ? 2 : 1 }, setting),
      }),
    )
    .concat(
      (['jpeg', 'webp'] as const).map((format) => ({
        measure: `throughput vs a plain sharp script, 12 MP, responsive set of 5 widths as ${NAMES[format]}`,
        needs: ['taskset'],
        run: (setting) => againstRenderer(plainSharp(), { photo: '12 MP', boxes: RESPONSIVE, cores: 1, format }, setting),
      })),
    ),
);

/** Throughput on one core compared with a plain Pillow script. */
export const againstPillow = comparing(
  'a plain Pillow script',
  (
    [
      ['6 MP', BOTH, 4],
      ['12 MP', BOTH, 6],
      ['24 MP', BOTH, 7],
      ['12 MP', [LARGE], 3],
      ['12 MP with sRGB profile', [LARGE], 2.7],
      ['12 MP progressive', [LARGE]],
      ['12 MP PNG', [LARGE]],
    ] as const
  ).map(([photo, boxes, target]) => ({
    measure: `throughput vs a plain Pillow script, ${photo}, ${renditionsOf(boxes)}`,
    target,
    needs: ['pillow', 'taskset'],
    slow: !photo.startsWith('12 MP'),
    run: (setting) => againstRenderer(pillow(), { photo, boxes, cores: 1 }, setting),
  })),
);

/** Comparison with programs that were written for speed. */
export const againstNative = comparing('programs written in C', [
  {
    measure: 'throughput vs Pillow with draft(), two cores, 12 MP, 2 renditions',
    target: 1.3,
    needs: ['pillow', 'taskset'],
    run: againstDraft,
  },
  {
    measure: 'whole process vs ImageMagick -define jpeg:size (twice the box, as its manual advises), 12 MP, 2 renditions',
    target: 1.5,
    needs: ['imagemagick'],
    run: (setting) => againstImageMagick(2, setting),
  },
  {
    measure: 'the same with a jpeg:size of no more than the box',
    needs: ['imagemagick'],
    run: (setting) => againstImageMagick(1, setting),
  },
  ...(['6 MP', '12 MP', '24 MP'] as const).map((photo): Comparison => {
    return {
      measure: `throughput vs vipsthumbnail, ${photo}, 1 rendition`,
      target: photo === '6 MP' ? 0.75 : 0.9,
      slow: photo !== '12 MP',
      needs: ['vipsthumbnail', 'taskset'],
      run: (setting) => againstVips(photo, setting),
    };
  }),
  {
    measure: 'throughput vs libjpeg-turbo decode + encode alone, 12 MP, 1 rendition',
    target: 0.55,
    needs: ['libjpeg-turbo', 'taskset'],
    run: againstLibjpeg,
  },
]);

/** Compares functions with one and two vCPUs, each with its number of images in flight. */
export const scaling = comparing('one core and two', [
  {
    measure: 'scaling from one core to two, 12 MP, 2 renditions',
    target: 1.7,
    needs: ['taskset'],
    run: async (setting) => {
      const jobs = await jobsFor(setting, 'scaling', '12 MP', BOTH, 4 * BATCH);
      const commands = [onCores('0', await ours(ONE_CPU_MB)), onCores('0,1', await ours(TWO_CPUS_MB))];
      return withRenderers(commands, setting, (one, two) => {
        const theirs = () => one.render(jobs, imagesInFlight(ONE_CPU_MB));
        return ratio(setting, jobs, { ours: () => two.render(jobs, imagesInFlight(TWO_CPUS_MB)), theirs });
      });
    },
  },
]);

/** Lets two contenders work in turn and checks what they have written. Returns how many times faster ours is. */
async function ratio(setting: Setting, jobs: readonly Job[], contenders: Record<'ours' | 'theirs', Contender>): Promise<Figures> {
  const times = await inTurn(contenders, setting);
  await Promise.all(jobs.map(assertRendered));
  return ratiosOf(times.theirs, times.ours);
}

async function jobsFor(
  { folder }: Setting,
  name: string,
  photo: PhotographName,
  boxes: readonly Size[],
  count = 1,
  format?: JobFormat,
): Promise<Job[]> {
  const path = await photograph(photo);
  return Array.from({ length: count }, (_, index) => jobFor(folder, `${name}-${index}`, path, boxes, format));
}

interface Case {
  readonly photo: PhotographName;
  readonly boxes: readonly Size[];
  readonly cores: 1 | 2;
  /** Default JPEG. */
  readonly format?: JobFormat;
}

/** Compares with a peer that renders job after job. */
async function againstRenderer(peer: Command, { photo, boxes, cores, format }: Case, setting: Setting): Promise<Figures> {
  const count = cores === 2 ? BATCH : 1;
  const ourJobs = await jobsFor(setting, 'ours', photo, boxes, count, format);
  const theirJobs = await jobsFor(setting, 'theirs', photo, boxes, count, format);
  const commands = [await ours(cores === 2 ? TWO_CPUS_MB : ONE_CPU_MB), peer].map((command) => onCores(cores === 2 ? '0,1' : '0', command));
  return withRenderers(commands, setting, (us, them) => {
    const theirs = () => them.render(theirJobs, cores);
    return ratio(setting, [...ourJobs, ...theirJobs], { ours: () => us.render(ourJobs, cores), theirs });
  });
}

/** Compares two Pillow processes with one of ours that has two images in flight, as in a function with two vCPUs. */
async function againstDraft(setting: Setting): Promise<Figures> {
  const jobs = await jobsFor(setting, 'draft', '12 MP', BOTH, BATCH);
  const commands = [await ours(TWO_CPUS_MB), pillow('draft'), pillow('draft')].map((command) => onCores('0,1', command));
  return withRenderers(commands, setting, (us, ...them) => {
    const halves = () => them.map((half, side) => half.render(jobs.filter((_, at) => at % 2 === side)));
    return ratio(setting, jobs, { ours: () => us.render(jobs, 2), theirs: async () => Math.max(...(await Promise.all(halves()))) });
  });
}

async function againstImageMagick(hintPerBox: number, setting: Setting): Promise<Figures> {
  const photo = await photograph('12 MP');
  const [job, theirs] = [jobFor(setting.folder, 'ours', photo, BOTH), jobFor(setting.folder, 'imagemagick', photo, BOTH)];
  const hint = `${LARGE.width * hintPerBox}x${LARGE.height * hintPerBox}`;
  const args = [hint, photo, ...theirs.renditions.flatMap(({ width, height, output }) => [`${width}x${height}`, output])];
  const us = await ours(TWO_CPUS_MB);
  return ratio(setting, [job, theirs], {
    ours: () => runToEnd(us, setting.signal, `${JSON.stringify(job)}\n`),
    theirs: () => runToEnd({ program: peerScript('imagemagick.sh'), args }, setting.signal),
  });
}

async function againstVips(name: PhotographName, setting: Setting): Promise<Figures> {
  const photo = await photograph(name);
  const [job, theirs] = [jobFor(setting.folder, 'ours', photo, [LARGE]), jobFor(setting.folder, 'vips', photo, [LARGE])];
  const photos = Array.from({ length: BATCH }, () => photo);
  const args = [`${LARGE.width}x${LARGE.height}`, ...theirs.renditions.map(({ output }) => output), ...photos];
  return withRenderers([onCores('0', await ours(ONE_CPU_MB))], setting, (us) =>
    ratio(setting, [job, theirs], {
      ours: () => us.render(photos.map(() => job)),
      theirs: () => runToEnd(onCores('0', { program: peerScript('vipsthumbnail.sh'), args }), setting.signal),
    }),
  );
}

async function againstLibjpeg(setting: Setting): Promise<Figures> {
  const photo = await photograph('12 MP');
  const [job, theirs] = [jobFor(setting.folder, 'ours', photo, [LARGE]), jobFor(setting.folder, 'libjpeg', photo, [LARGE])];
  const pixels = join(setting.folder, 'pixels.ppm');
  const args = ['1/2', photo, pixels, ...theirs.renditions.map(({ output }) => output)];
  return withRenderers([onCores('0', await ours(ONE_CPU_MB))], setting, async (us) => {
    await us.render([job]);
    await writeFile(pixels, await portablePixmap(job.renditions[0]?.output));
    return ratio(setting, [job, theirs], {
      ours: () => us.render([job]),
      theirs: () => runToEnd(onCores('0', { program: peerScript('libjpeg-turbo.sh'), args }), setting.signal),
    });
  });
}

/** Encodes a picture as PPM, which cjpeg reads. */
async function portablePixmap(path: string | undefined): Promise<Buffer> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  return Buffer.concat([Buffer.from(`P6\n${info.width} ${info.height}\n255\n`), data]);
}
