import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { ONE_CPU_MB, ours, TWO_CPUS_MB } from '../ours.ts';
import { missing, type PeerName, peerScript, pillow } from '../peers.ts';
import { type PhotographName, photograph } from '../photographs.ts';
import { onCores, runToEnd } from '../renderer-process.ts';
import { inTurn } from '../rounds.ts';
import { atLeast, type Measurement } from '../row.ts';
import { assertRendered, jobFor, LARGE, LEFT_OUT, type Measure, type Setting, SMALL, withRenderers } from '../setting.ts';
import { type Figures, ratiosOf } from '../statistics.ts';

/** Photos per process, so that the start of a peer's process counts for little. */
const BATCH = 6;

/** A comparison with a program that was written for speed. */
interface Race {
  readonly measure: string;
  /** Absent for rows that only explain another figure. */
  readonly target?: number;
  readonly needs: readonly PeerName[];
  /** Whether `--quick` skips it. */
  readonly slow?: boolean;
  readonly run: (setting: Setting) => Promise<Figures>;
}

const RACES: readonly Race[] = [
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
  ...(['6 MP', '12 MP', '24 MP'] as const).map((photo) => ({
    measure: `throughput vs vipsthumbnail, ${photo}, 1 rendition`,
    target: photo === '6 MP' ? 0.75 : 0.9,
    slow: photo !== '12 MP',
    needs: ['vipsthumbnail', 'taskset'] as const,
    run: (setting: Setting) => againstVips(photo, setting),
  })),
  {
    measure: 'throughput vs libjpeg-turbo decode + encode alone, 12 MP, 1 rendition',
    target: 0.55,
    needs: ['libjpeg-turbo', 'taskset'],
    run: againstLibjpeg,
  },
];

/** Comparison with programs that were written for speed. */
export const againstNative: Measure = {
  title: 'programs written in C',
  async run(setting) {
    const rows: Measurement[] = [];
    for (const { measure, target, needs, slow, run } of RACES) {
      const notMeasured = setting.quick && slow ? LEFT_OUT : missing(setting.installed, needs);
      const result = notMeasured === undefined ? { figures: await run(setting) } : { notMeasured };
      rows.push({ measure, unit: '×', ...(target === undefined ? {} : { target: atLeast(target) }), ...result });
    }
    return rows;
  },
};

/** Compares two Pillow processes with one of ours that has two images in flight, as in a function with two vCPUs. */
async function againstDraft(setting: Setting): Promise<Figures> {
  const photo = await photograph('12 MP');
  const jobs = Array.from({ length: BATCH }, (_, index) => jobFor(setting.folder, `draft-${index}`, photo, [LARGE, SMALL]));
  const commands = [await ours(TWO_CPUS_MB), pillow('draft'), pillow('draft')].map((command) => onCores('0,1', command));
  return withRenderers(commands, setting, async (us, ...them) => {
    const times = await inTurn(
      {
        ours: () => us.render(jobs, 2),
        theirs: async () =>
          Math.max(...(await Promise.all(them.map((half, side) => half.render(jobs.filter((_, at) => at % 2 === side)))))),
      },
      setting,
    );
    await Promise.all(jobs.map(assertRendered));
    return ratiosOf(times.theirs, times.ours);
  });
}

async function againstImageMagick(hintPerBox: number, setting: Setting): Promise<Figures> {
  const photo = await photograph('12 MP');
  const job = jobFor(setting.folder, 'ours', photo, [LARGE, SMALL]);
  const theirs = jobFor(setting.folder, 'imagemagick', photo, [LARGE, SMALL]);
  const hint = `${LARGE.width * hintPerBox}x${LARGE.height * hintPerBox}`;
  const args = [hint, photo, ...theirs.renditions.flatMap(({ width, height, output }) => [`${width}x${height}`, output])];
  const us = await ours(TWO_CPUS_MB);
  const times = await inTurn(
    {
      ours: () => runToEnd(us, setting.signal, `${JSON.stringify(job)}\n`),
      theirs: () => runToEnd({ program: peerScript('imagemagick.sh'), args }, setting.signal),
    },
    setting,
  );
  await Promise.all([job, theirs].map(assertRendered));
  return ratiosOf(times.theirs, times.ours);
}

async function againstVips(name: PhotographName, setting: Setting): Promise<Figures> {
  const photo = await photograph(name);
  const job = jobFor(setting.folder, 'ours', photo, [LARGE]);
  const theirs = jobFor(setting.folder, 'vips', photo, [LARGE]);
  const box = `${LARGE.width}x${LARGE.height}`;
  const args = [box, ...theirs.renditions.map(({ output }) => output), ...Array.from({ length: BATCH }, () => photo)];
  const repeated = Array.from({ length: BATCH }, () => job);
  return withRenderers([onCores('0', await ours(ONE_CPU_MB))], setting, async (us) => {
    const times = await inTurn(
      {
        ours: () => us.render(repeated),
        theirs: () => runToEnd(onCores('0', { program: peerScript('vipsthumbnail.sh'), args }), setting.signal),
      },
      setting,
    );
    await Promise.all([job, theirs].map(assertRendered));
    return ratiosOf(times.theirs, times.ours);
  });
}

async function againstLibjpeg(setting: Setting): Promise<Figures> {
  const photo = await photograph('12 MP');
  const job = jobFor(setting.folder, 'ours', photo, [LARGE]);
  const theirs = jobFor(setting.folder, 'libjpeg', photo, [LARGE]);
  const pixels = join(setting.folder, 'pixels.ppm');
  const args = ['1/2', photo, pixels, ...theirs.renditions.map(({ output }) => output)];
  return withRenderers([onCores('0', await ours(ONE_CPU_MB))], setting, async (us) => {
    await us.render([job]);
    await writeFile(pixels, await portablePixmap(job.renditions[0]?.output));
    const times = await inTurn(
      {
        ours: () => us.render([job]),
        theirs: () => runToEnd(onCores('0', { program: peerScript('libjpeg-turbo.sh'), args }), setting.signal),
      },
      setting,
    );
    await Promise.all([job, theirs].map(assertRendered));
    return ratiosOf(times.theirs, times.ours);
  });
}

/** Encodes a picture as PPM, which cjpeg reads. */
async function portablePixmap(path: string | undefined): Promise<Buffer> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  return Buffer.concat([Buffer.from(`P6\n${info.width} ${info.height}\n255\n`), data]);
}
