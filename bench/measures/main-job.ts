import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setInterval } from 'node:timers/promises';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { plainSharp } from '../peers.ts';
import { type PhotographName, photograph } from '../photographs.ts';
import { residentMegabytes, runToEnd, statOf } from '../renderer-process.ts';
import { atLeast, atMost, type Measurement } from '../row.ts';
import { LEFT_OUT, type Measure, type Setting } from '../setting.ts';
import { figuresOf, growthOf, inTurn, ratiosOf, timed } from '../statistics.ts';

/** Typical photos of a camera and two phones: 3.9, 2.0 and 1.3 MB. */
const MIX: readonly PhotographName[] = ['12 MP', '6 MP', '4 MP'];
const PHOTOS = 120;
const MANY_PHOTOS = 2000;
const MOST_ROUNDS = 5;

const PLAIN = `main job (npm start, ${PHOTOS} photos) vs a plain sharp script over the same folder, whole processes`;
const WITHOUT_REPORT = { measure: `${PLAIN}, without the report`, unit: '×', target: atLeast(0.7) } as const;
const WITH_REPORT = { measure: `${PLAIN}, with the report`, unit: '×', target: atLeast(0.5) } as const;
const FIRST = { measure: 'main job: from the command to the first finished photo', unit: 'ms', target: atMost(3000) } as const;
const PEAK = {
  measure: `main job: most resident memory of one of its processes, ${MANY_PHOTOS} photos`,
  unit: 'MB',
  target: atMost(500),
} as const;
const GROWTH = {
  measure: `main job: resident memory of all its processes over ${MANY_PHOTOS} photos, the last tenth above the fifth`,
  unit: '%',
  target: atMost(5),
} as const;

/** `npm start -- FOLDER` as a user runs it, from start to exit. */
export const mainJob: Measure = {
  title: 'the main job',
  async run(setting) {
    const folder = await folderOf(PHOTOS, setting);
    const output = join(setting.folder, 'out');
    const commands = {
      plain: () => runToEnd(plainSharp(folder, join(setting.folder, 'plain')), setting.signal),
      withReport: () => runJob([folder, '--out', output], setting),
      withoutReport: () => runJob([folder, '--out', output, '--no-report'], setting),
    };
    const times = await inTurn(commands, { ...setting, rounds: Math.min(setting.rounds, MOST_ROUNDS) });
    return [
      { ...WITHOUT_REPORT, figures: ratiosOf(times.plain, times.withoutReport) },
      { ...WITH_REPORT, figures: ratiosOf(times.plain, times.withReport) },
      {
        measure: `main job (npm start, ${PHOTOS} photos)`,
        unit: 's',
        figures: figuresOf(times.withReport.map((milliseconds) => milliseconds / 1000)),
      },
      { ...FIRST, figures: await timeToFirstPhoto(setting) },
      ...(await memoryOverMany(setting)),
    ];
  },
};

/** Creates a folder with a number of photos, cycling through the sizes. */
async function folderOf(photos: number, { folder }: Setting): Promise<string> {
  const inputs = join(folder, `photos-${photos}`);
  await mkdir(inputs);
  const originals = await Promise.all(MIX.map(photograph));
  for (let at = 0; at < photos; at += 1) await copyFile(originals[at % MIX.length] ?? '', join(inputs, `photo-${at}.jpg`));
  return inputs;
}

function start(args: readonly string[], { signal }: Setting): ChildProcess {
  // In its own process group, so that Ctrl-C does not reach it twice.
  return spawn('npm', ['start', '--silent', '--', ...args], {
    cwd: PROJECT_ROOT,
    signal,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
}

async function runJob(args: readonly string[], setting: Setting): Promise<number> {
  return timed(() => ended(start(args, setting)));
}

async function ended(job: ChildProcess): Promise<void> {
  job.stderr?.resume();
  const [code] = await once(job, 'close');
  if (code !== 0) throw new Error(`npm start ended with exit status ${code}`);
}

async function timeToFirstPhoto(setting: Setting) {
  const folder = await folderOf(1, setting);
  const times: number[] = [];
  for (let round = 0; round < Math.min(setting.rounds, MOST_ROUNDS); round += 1) {
    const started = performance.now();
    const job = start([folder, '--out', join(setting.folder, 'out')], setting);
    const end = ended(job);
    if (job.stderr !== null) await once(createInterface({ input: job.stderr }), 'line');
    times.push(performance.now() - started);
    await end;
  }
  return figuresOf(times);
}

async function memoryOverMany(setting: Setting): Promise<readonly Measurement[]> {
  if (setting.quick) return [PEAK, GROWTH].map((row) => ({ ...row, notMeasured: LEFT_OUT }));
  const folder = await folderOf(MANY_PHOTOS, setting);
  const job = start([folder, '--out', join(setting.folder, 'out')], setting);
  const end = ended(job);
  const sums: number[] = [];
  let peak = 0;
  for await (const _ of setInterval(250)) {
    const resident = await residentOf(job.pid ?? 0);
    if (resident.length === 0) break;
    sums.push(resident.reduce((sum, megabytes) => sum + megabytes, 0));
    peak = Math.max(peak, ...resident);
  }
  await end;
  await rm(folder, { recursive: true });
  const tenth = Math.floor(sums.length / 10);
  // The first half includes the start, when the heaps grow to their working size and the embedded table fills.
  const early = sums.slice(4 * tenth, 5 * tenth);
  return [
    { ...PEAK, figures: figuresOf([peak]) },
    { ...GROWTH, figures: growthOf(early, sums.slice(-tenth - 2, -2)) },
  ];
}

/** Returns the resident megabytes of each process in a group; none if all have exited. */
async function residentOf(group: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const resident = await Promise.all(
    pids.map(async (pid) => {
      // A process can exit between two reads.
      const stat = await statOf(pid).catch(() => undefined);
      return stat?.group === group ? residentMegabytes(pid, 'VmRSS').catch(() => 0) : 0;
    }),
  );
  return resident.filter((megabytes) => megabytes > 0);
}
