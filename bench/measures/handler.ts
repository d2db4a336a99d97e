import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { FunctionUnderTest } from '../function.ts';
import { missing, ONE_CPU_MB, ours, plainSharp } from '../peers.ts';
import { photograph } from '../photographs.ts';
import { onCores } from '../renderer-process.ts';
import { atMost } from '../row.ts';
import { jobFor, LARGE, type Measure, withRenderers } from '../setting.ts';
import { differencesOf, figuresOf, inTurn, ratiosOf } from '../statistics.ts';

/** Images in sequence, so that delays of single ones average out. */
const BATCH = 16;

const CPU = { measure: 'CPU of the function per image vs a plain sharp script, 12 MP, one core', unit: '×', target: atMost(1.25) } as const;

/** The handler's overhead per image beyond rendering: ledger, downloads and uploads, parsing, log. */
export const handler: Measure = {
  title: 'the handler',
  async run(setting) {
    const row = {
      measure: 'handler overhead beyond image work, against embedded AWS, per image (12 MP)',
      unit: 'ms',
      target: atMost(15),
    } as const;
    const notMeasured = missing(setting.installed, ['taskset']);
    if (notMeasured !== undefined) return [CPU, row].map((each) => ({ ...each, notMeasured }));
    const photo = await photograph('12 MP');
    const body = await readFile(photo);
    const lambda = await FunctionUnderTest.start('photo-sharing', ONE_CPU_MB, setting.folder, 'exec taskset --cpu-list 0');
    await moveTo('1');
    try {
      return await withRenderers(
        [await ours(ONE_CPU_MB), plainSharp()].map((command) => onCores('0', command)),
        setting,
        async (renderer, plain) => {
          const jobs = Array.from({ length: BATCH }, () => jobFor(setting.folder, 'handler', photo, [LARGE]));
          const cpu: Record<'function' | 'plain', number[]> = { function: [], plain: [] };
          const contenders = {
            whole: () => counted(lambda, () => lambda.process(body, '.jpg', BATCH), cpu.function),
            plain: () => counted(plain, () => plain.render(jobs), cpu.plain),
            image: async () => (await renderer.render(jobs)) / BATCH,
          };
          const times = await inTurn(contenders, setting);
          return [
            { ...CPU, figures: ratiosOf(cpu.function.slice(1), cpu.plain.slice(1)) },
            { ...row, figures: differencesOf(times.whole, times.image) },
            { measure: 'one invocation of the function, photo-sharing, 12 MP, one core', unit: 'ms', figures: figuresOf(times.whole) },
          ];
        },
      );
    } finally {
      await moveTo('0,1');
      await lambda.stop();
    }
  },
};

/** Runs the work and records the CPU time that a process used for it. */
async function counted(process: { cpu(): Promise<number> }, work: () => Promise<number>, used: number[]): Promise<number> {
  const before = await process.cpu();
  const milliseconds = await work();
  used.push((await process.cpu()) - before);
  return milliseconds;
}

/** Moves this process and its embedded AWS to other cores, so that they do not slow down the function. */
async function moveTo(cores: string): Promise<void> {
  await promisify(execFile)('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(process.pid)]);
}
