import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { FunctionUnderTest } from '../function.ts';
import { ONE_CPU_MB, ours } from '../ours.ts';
import { missing } from '../peers.ts';
import { photograph } from '../photographs.ts';
import { onCores } from '../renderer-process.ts';
import { inTurn } from '../rounds.ts';
import { atMost } from '../row.ts';
import { jobFor, LARGE, type Measure, withRenderers } from '../setting.ts';
import { differencesOf, figuresOf } from '../statistics.ts';

/** Images one after the other, so that what a single one is delayed by evens out. */
const BATCH = 16;

/** What the handler takes for an image beyond rendering it: the ledger, the downloads and uploads, the parsing, the log. */
export const handler: Measure = {
  title: 'the handler',
  async run(setting) {
    const row = {
      measure: 'handler overhead beyond image work, against embedded AWS, per image (12 MP)',
      unit: 'ms',
      target: atMost(15),
    } as const;
    const notMeasured = missing(setting.installed, ['taskset']);
    if (notMeasured !== undefined) return [{ ...row, notMeasured }];
    const photo = await photograph('12 MP');
    const body = await readFile(photo);
    const lambda = await FunctionUnderTest.start('photo-sharing', ONE_CPU_MB, setting.folder, 'exec taskset --cpu-list 0');
    await moveTo('1');
    try {
      return await withRenderers([onCores('0', await ours(ONE_CPU_MB))], setting, async (renderer) => {
        const jobs = Array.from({ length: BATCH }, () => jobFor(setting.folder, 'handler', photo, [LARGE]));
        const contenders = {
          whole: () => lambda.process(body, '.jpg', BATCH),
          image: async () => (await renderer.render(jobs)) / BATCH,
        };
        const times = await inTurn(contenders, setting);
        return [
          { ...row, figures: differencesOf(times.whole, times.image) },
          { measure: 'one invocation of the function, photo-sharing, 12 MP, one core', unit: 'ms', figures: figuresOf(times.whole) },
        ];
      });
    } finally {
      await moveTo('0,1');
      await lambda.stop();
    }
  },
};

/** Moves this process, and with it the embedded AWS, so that it takes nothing from the function's core. */
async function moveTo(cores: string): Promise<void> {
  await promisify(execFile)('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(process.pid)]);
}
