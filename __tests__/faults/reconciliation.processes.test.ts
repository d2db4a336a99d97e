import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import sharp from 'sharp';
import { register } from '../../cli/audit/command.ts';
import { concurrently } from '../../cli/pipeline/concurrently.ts';
import { deploymentOf } from '../../config/deployments.ts';
import { seededRandom } from '../../local/samples/seeded-random.ts';
import { run } from '../cli/pipeline/test-deployment.ts';
import { LossyPipeline } from './lossy-pipeline.ts';

const AT_ONCE = 8;

let pipeline: LossyPipeline;

beforeEach(async () => {
  pipeline = await LossyPipeline.start(deploymentOf('upload-processing', 'lossy', 'x86_64'));
});

afterEach(() => pipeline.close());

const keysOf = (count: number) => Array.from({ length: count }, (_, n) => `uploads/${String(n).padStart(4, '0')}.jpg`);

function photo(shade: number): Promise<Buffer> {
  const background = { r: shade % 256, g: Math.floor(shade / 256), b: 100 };
  return sharp({ create: { width: 40, height: 30, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

/** Uploads photos and delivers their events, except the lost ones. */
async function upload(keys: readonly string[], isLost: (key: string) => boolean = () => false, shade = 0): Promise<void> {
  const uploaded = concurrently(keys.entries(), AT_ONCE, async ([index, key]) => {
    const event = await pipeline.deployment.upload(key, await photo(shade + index));
    if (!isLost(key)) await pipeline.deliver(event);
  });
  for await (const _ of uploaded);
}

async function expectOneEffectEach(keys: readonly string[]): Promise<void> {
  expect(await pipeline.outcomes()).toEqual(keys.map((key) => ({ key, status: 'processed', messages: 1 })));
  const renditions = (await pipeline.renditions()).map((key) => key.slice(key.indexOf('uploads/')));
  expect(renditions.toSorted()).toEqual(keys);
}

test('50 of 1,000 events are lost, and every photo has one effect after a reconciliation', async () => {
  const keys = keysOf(1000);
  const random = seededRandom(16);
  const lost = new Set(keys.toSorted(() => random() - 0.5).slice(0, 50));
  await upload(keys, (key) => lost.has(key));
  expect((await pipeline.items()).length).toBe(950);

  pipeline.pass(1);
  // Every run has time for one page only.
  const runs = [await pipeline.reconcile(() => 0)];
  while (runs.at(-1)?.isComplete === false) runs.push(await pipeline.reconcile(() => 0));
  expect(runs.at(0)).toEqual({ missing: 50, stuck: 0, orphaned: 0, handedOver: 50, isComplete: false });
  expect(runs.at(-1)).toEqual({ missing: 50, stuck: 0, orphaned: 0, handedOver: 0, isComplete: true });

  await expectOneEffectEach(keys);
  expect(pipeline.renders).toBe(1000);
  pipeline.pass(1);
  expect(await pipeline.reconcile()).toMatchObject({ missing: 0, stuck: 0, handedOver: 0 });
  expect(pipeline.renders).toBe(1000);
}, 600_000);

test('a dead-letter queue is purged, and its photos have one effect after a reconciliation', async () => {
  const keys = keysOf(20);
  for (const key of keys.slice(5, 9)) pipeline.failing.add(key);
  await upload(keys);
  expect(pipeline.deadLetters).toHaveLength(4);

  pipeline.deadLetters.length = 0;
  pipeline.failing.clear();
  pipeline.pass(1);
  expect(await pipeline.reconcile()).toMatchObject({ missing: 0, stuck: 4, handedOver: 4 });

  await expectOneEffectEach(keys);
});

test('a table is restored to yesterday, and every photo has one effect after a reconciliation', async () => {
  const keys = keysOf(30);
  await upload(keys.slice(0, 20));
  const yesterday = await pipeline.items();
  // Since then, some photos have been replaced, others are new, and the event of one of each kind was lost.
  await upload(keys.slice(10, 30), (key) => key === keys[12] || key === keys[25], 1000);

  await pipeline.restore(yesterday);
  pipeline.pass(24);
  expect(await pipeline.reconcile()).toEqual({ missing: 20, stuck: 0, orphaned: 0, handedOver: 20, isComplete: true });

  const messages = (key: string) => (keys.indexOf(key) < 10 ? 0 : 1);
  expect(await pipeline.outcomes()).toEqual(keys.map((key) => ({ key, status: 'processed', messages: messages(key) })));
  expect(await pipeline.reconcile()).toMatchObject({ missing: 0, stuck: 0, orphaned: 0 });
});

describe('`audit --fix`', () => {
  const keys = keysOf(30);

  beforeEach(async () => {
    const lost = new Set(keys.filter((_, index) => index % 6 === 0));
    for (const key of keys.slice(1, 3)) pipeline.failing.add(key);
    await upload(keys, (key) => lost.has(key));
    pipeline.failing.clear();
    pipeline.pass(1);
    const later = Date.now() + 3_600_000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  const audit = (...words: string[]) => run(register, 'audit', '--function', pipeline.deployment.functionName, ...words);

  test('does the same on demand, and finds nothing afterwards', async () => {
    const { stdout, code } = await audit('--fix', '--yes', '--rate', '100');

    expect(stdout).toContain('Fixed · processed 7\n');
    expect(code).toBe(0);
    await expectOneEffectEach(keys);
    expect(await audit('--fix', '--yes')).toMatchObject({ code: 0, stdout: expect.stringContaining('Everything is in order.') });
  });

  test('says which photos fail again and why, and finishes them when it is run again', async () => {
    pipeline.failing.add(keys[6] ?? '');

    const { stdout, code } = await audit('--fix', '--yes', '--rate', '100');
    expect(code).toBe(1);
    expect(stdout).toContain('Fixed · processed 6 · unfinished 1\n');
    expect(stdout).toContain(`    "${keys[6]}": `);

    pipeline.failing.clear();
    expect(await audit('--fix', '--yes')).toMatchObject({ code: 0, stdout: expect.stringContaining('Fixed · processed 1\n') });
    await expectOneEffectEach(keys);
  });

  test('begins only with consent', async () => {
    await expect(audit('--fix')).rejects.toThrow('Add --yes');
    expect(await pipeline.items()).toHaveLength(25);
  });
});
