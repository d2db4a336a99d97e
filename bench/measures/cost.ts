import { readFile } from 'node:fs/promises';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import { MEGABYTES_PER_VCPU } from '../../lambda-src/contract/memory.ts';
import { FunctionUnderTest, MACHINE } from '../function.ts';
import { missing, pillow } from '../peers.ts';
import { photograph } from '../photographs.ts';
import { onCores } from '../renderer-process.ts';
import { costOf } from '../right-sizing.ts';
import type { Measurement } from '../row.ts';
import { jobFor, type Measure, type Setting, withRenderers } from '../setting.ts';
import { figuresOf } from '../statistics.ts';

const BATCH = 12;
const WARMING = 4;

/** Lambda's price for a million photos, from their CPU time, compared with a plain Pillow script in Python. */
export const cost: Measure = {
  title: 'cost',
  async run(setting) {
    const rows: Measurement[] = [];
    for (const preset of PRESET_NAMES) rows.push(...(await costsOf(preset, setting)));
    return rows;
  },
};

async function costsOf(preset: PresetName, setting: Setting): Promise<readonly Measurement[]> {
  const {
    function: { memoryMb },
    recipe,
  } = deploymentOf(preset, 'dev', MACHINE.name);
  const ours = { measure: `dollars per million photos of 12 MP, ${preset} (${memoryMb} MB)`, unit: '$' } as const;
  const theirs = { measure: '— a plain Pillow script for the same photos, its image work alone', unit: '$' } as const;
  const notMeasured = missing(setting.installed, ['taskset', 'pillow']);
  if (notMeasured !== undefined) return [ours, theirs].map((row) => ({ ...row, notMeasured }));
  const ourCost = dollarsPerMillion(memoryMb, await cpuOfFunction(preset, memoryMb, setting));
  const [rendition] = recipe.renditions;
  const theirCost = rendition && dollarsPerMillion(memoryMb, await cpuOfPillow(rendition, setting));
  return [
    { ...ours, figures: figuresOf([ourCost]) },
    theirCost === undefined ? { ...theirs, notMeasured: 'the preset renders no image' } : { ...theirs, figures: figuresOf([theirCost]) },
  ];
}

/** Scales time for functions with less than one vCPU. Waiting for AWS is excluded on both sides. */
function dollarsPerMillion(memoryMb: number, cpuMilliseconds: number): number {
  return 1000 * costOf(memoryMb, cpuMilliseconds / Math.min(1, memoryMb / MEGABYTES_PER_VCPU));
}

/** Returns the CPU time of the function's process per image, in milliseconds. */
async function cpuOfFunction(preset: PresetName, memoryMb: number, setting: Setting): Promise<number> {
  const photo = await readFile(await photograph('12 MP'));
  const lambda = await FunctionUnderTest.start(preset, memoryMb, setting.folder, 'exec taskset --cpu-list 0');
  try {
    await lambda.process(photo, '.jpg', WARMING);
    const before = await lambda.cpu();
    await lambda.process(photo, '.jpg', BATCH);
    return ((await lambda.cpu()) - before) / BATCH;
  } finally {
    await lambda.stop();
  }
}

async function cpuOfPillow(box: { readonly width: number; readonly height: number }, setting: Setting): Promise<number> {
  const jobs = [jobFor(setting.folder, 'cost', await photograph('12 MP'), [box])];
  return withRenderers([onCores('0', pillow())], setting, async (them) => {
    await them.render(jobs);
    const before = await them.cpu();
    for (let time = 0; time < BATCH; time += 1) await them.render(jobs);
    return ((await them.cpu()) - before) / BATCH;
  });
}
