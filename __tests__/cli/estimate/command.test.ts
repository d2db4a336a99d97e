import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { register } from '../../../cli/estimate/command.ts';
import { compare } from '../../../cli/estimate/compare.ts';
import { estimate, type LoadOptions, workloadOf } from '../../../cli/estimate/estimate.ts';
import { figure, roundLoad } from '../../../cli/estimate/report.ts';
import { scaleTables } from '../../../cli/estimate/scale-tables.ts';
import { perImage } from '../../../cli/estimate/workload.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../../config/presets.ts';
import { PRICES, priceOf } from '../../../config/prices.ts';
import { run } from '../pipeline/test-deployment.ts';

type PresetLoad = LoadOptions & { readonly preset: PresetName };

function estimated({ preset, ...load }: PresetLoad) {
  return estimate(deploymentOf(preset, 'dev', 'arm64'), load);
}

function workload({ preset, ...load }: PresetLoad) {
  return workloadOf(deploymentOf(preset, 'dev', 'arm64'), load);
}

function usdOf(item: string, options: PresetLoad): number | undefined {
  return estimated(options).costs.find((line) => line.item === item)?.usd;
}

function limitOf(name: string, options: PresetLoad) {
  return estimated(options).limits.find((limit) => limit.name === name);
}

describe('the cost', () => {
  test('of 4,000 images a day with 2 GB and 1.5 s includes compute for $4.80 on arm64 and $6.00 on x86_64', () => {
    const { computeUsd } = estimated({ preset: 'photo-sharing', imagesPerDay: 4_000, memoryMb: 2048, milliseconds: 1500 });

    expect(computeUsd.arm64).toBeCloseTo(4.8, 2);
    expect(computeUsd.x86_64).toBeCloseTo(6, 2);
  });

  test('includes a PUT for the upload and for every rendition, and one GET', () => {
    // 30 days × 1,000 images × 2 PUTs
    expect(usdOf('S3 uploads and renditions', { preset: 'media-thumbnails' })).toBeCloseTo((60_000 * 0.005) / 1000);
    expect(usdOf('S3 reads', { preset: 'media-thumbnails' })).toBeCloseTo((30_000 * 0.0004) / 1000);
    expect(usdOf('S3 uploads and renditions', { preset: 'image-metadata' })).toBeCloseTo((30_000 * 0.005) / 1000);
  });

  test('includes three table writes for an image with a message, two for any other, and as many for the index', () => {
    expect(perImage(workload({ preset: 'image-metadata' }))).toMatchObject({ tableWrites: 3, indexWrites: 3 });
    expect(perImage(workload({ preset: 'upload-processing' }))).toMatchObject({ tableWrites: 3, indexWrites: 0 });
    expect(perImage(workload({ preset: 'photo-sharing' })).tableWrites).toBeCloseTo(2.01);
  });

  test('assumes renditions no larger than their box or the original', () => {
    const megapixels = (preset: PresetName, of: number) => perImage(workload({ preset, megapixels: of })).renditionBytes / 0.3 / 1e6;

    expect(megapixels('photo-sharing', 12)).toBeCloseTo((1024 * 768) / 1e6);
    expect(megapixels('upload-processing', 12)).toBeCloseTo((1440 * 1080) / 1e6);
    expect(megapixels('photo-sharing', 0.5)).toBeCloseTo(0.5);
  });

  test('includes moves to STANDARD_IA only if there is a lifecycle rule and the objects are large enough', () => {
    expect(usdOf('S3 moves to STANDARD_IA', { preset: 'photo-sharing' })).toBeCloseTo((120_000 * 0.01) / 1000);
    expect(usdOf('S3 moves to STANDARD_IA', { preset: 'photo-sharing', megapixels: 0.3 })).toBeUndefined();
    expect(usdOf('S3 moves to STANDARD_IA', { preset: 'upload-processing' })).toBeUndefined();
  });

  test('of 10,000 photos a day equals a calculation by hand, line by line', () => {
    // 300,000 photos in 30 days of 12 MP, 4,000,000 bytes each, 500 ms with 1,024 MB. One rendition of 1024 × 768 × 0.3 = 235,930 bytes; 1 % fail.
    const { costs, totalUsd } = estimated({ preset: 'photo-sharing', imagesPerDay: 10_000, milliseconds: 500 });

    const byHand: [item: string, usd: number][] = [
      ['Lambda compute, arm64', 300_000 * 0.5 * 1 * 0.0000133334], // 2.00
      ['Lambda requests', 300_000 * 0.0000002], // 0.06
      ['S3 uploads and renditions', 600_000 * 0.000005], // 3.00
      ['S3 reads', 300_000 * 0.0000004], // 0.12
      ['S3 moves to STANDARD_IA', 300_000 * 0.00001], // 3.00
      ['S3 storage of one month’s photos', ((300_000 * (4_000_000 + 235_929.6)) / 1024 ** 3) * 0.023], // 27.22
      ['DynamoDB writes', 300_000 * 2.01 * 0.000000625], // 0.38
      ['DynamoDB storage of one month’s records', ((300_000 * 920) / 1024 ** 3) * 0.45], // 0.12
      ['SNS messages', 3_000 * 0.0000005], // 0.00
      ['SNS mails', 3_000 * 0.00002], // 0.06
      ['CloudWatch logs', ((300_000 * 1_000) / 1024 ** 3) * 0.5], // 0.14
      ['CloudWatch metrics', 4 * 0.3], // without those of reconciliation
      ['CloudWatch alarms', 8 * 0.1], // 0.80
      ['CloudWatch dashboard', 3],
    ];
    expect(costs.map(({ item, usd }) => [item, Number(usd.toFixed(6))])).toEqual(
      byHand.map(([item, usd]) => [item, Number(usd.toFixed(6))]),
    );
    expect(totalUsd).toBeCloseTo(
      byHand.reduce((sum, [, usd]) => sum + usd, 0),
      6,
    );
  });

  test('includes the alarm that combines others only where there is one', () => {
    const ofProduction = estimate(deploymentOf('photo-sharing', 'prod', 'arm64')).costs;

    expect(ofProduction.find(({ item }) => item === 'CloudWatch composite alarm')?.usd).toBe(0.5);
    expect(usdOf('CloudWatch composite alarm', { preset: 'photo-sharing' })).toBeUndefined();
  });

  test('is the sum of its lines', () => {
    const { costs, totalUsd } = estimated({ preset: 'photo-sharing' });
    expect(totalUsd).toBeCloseTo(costs.reduce((sum, { usd }) => sum + usd, 0));
  });

  test('grows with storage until as much expires as arrives, or forever', () => {
    const { storageGrowth } = estimated({ preset: 'photo-sharing' });
    // 365 days, and 30 more as noncurrent versions
    expect(storageGrowth.levelsOffAtUsd).toBeCloseTo((storageGrowth.usdPerMonth * 395) / 30);
    expect(estimated({ preset: 'upload-processing' }).storageGrowth.levelsOffAtUsd).toBeUndefined();
  });

  test('applies the price tiers of AWS', () => {
    expect(priceOf(PRICES.storage, 51_200)).toBeCloseTo(51_200 * 0.023);
    expect(priceOf(PRICES.storage, 51_300)).toBeCloseTo(51_200 * 0.023 + 100 * 0.022);
    // 60 TB of logs: 10 TB, 20 TB and 20 TB, and the rest
    expect(priceOf(PRICES.log, 60 * 1024)).toBeCloseTo(1024 * (10 * 0.5 + 20 * 0.25 + 20 * 0.1 + 10 * 0.05));
  });
});

describe('every price', () => {
  test.each(Object.entries(PRICES))('%s has an official page, a date that has passed, and tiers in order', (_, { source, tiers }) => {
    expect(source.url).toMatch(/^https:\/\/aws\.amazon\.com\/[a-z0-9/-]+pricing\/([a-z-]+\/)?$/);
    expect(source.asOf).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/);
    expect(Date.parse(source.asOf)).toBeLessThan(Date.now());
    expect(tiers.map(({ upTo }) => upTo)).toEqual(tiers.map(({ upTo }) => upTo).toSorted((a, b) => a - b));
    expect(tiers.at(-1)?.upTo).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the comparison', () => {
  const photoSharing = deploymentOf('photo-sharing', 'dev', 'arm64');

  test('has the costs that an estimate of each size and architecture has', () => {
    for (const choice of compare(photoSharing, { imagesPerDay: 50_000 })) {
      const { memoryMb } = choice;
      const load = { preset: 'photo-sharing', imagesPerDay: 50_000, memoryMb } as const;
      expect(choice.totalUsd.arm64).toBeCloseTo(estimated(load).totalUsd);
      expect(choice.totalUsd.x86_64).toBeCloseTo(estimate(deploymentOf('photo-sharing', 'dev', 'x86_64'), load).totalUsd);
      // x86_64 costs a quarter more.
      expect(choice.computeUsd.x86_64 / choice.computeUsd.arm64).toBeCloseTo(1.25, 3);
    }
  });

  test('scales a measured duration by the share of a vCPU, but not the waiting', () => {
    const choices = compare(photoSharing, { milliseconds: 650, memoryMb: 1769 });

    // 250 ms of waiting and 400 ms of work on one vCPU
    const byMemory = Object.fromEntries(choices.map(({ memoryMb, milliseconds }) => [memoryMb, milliseconds]));
    expect(byMemory).toMatchObject({
      512: Math.round(250 + (400 * 1769) / 512),
      1024: Math.round(250 + (400 * 1769) / 1024),
      1769: 650,
      3538: 650,
    });
  });

  test('marks the size of the deployment, and sizes that are too small for the limits', () => {
    const choices = compare(photoSharing, {});

    expect(choices.filter(({ isCurrent }) => isCurrent).map(({ memoryMb }) => memoryMb)).toEqual([1024]);
    expect(choices.find(({ memoryMb }) => memoryMb === 512)?.isEnough).toBe(false);
    expect(choices.find(({ memoryMb }) => memoryMb === 1024)?.isEnough).toBe(true);
    expect(compare(photoSharing, { memoryMb: 1500 }).map(({ memoryMb }) => memoryMb)).toContain(1500);
  });
});

describe('the limits', () => {
  test('concurrent executions are rate × duration', () => {
    const { concurrency } = estimated({ preset: 'photo-sharing', imagesPerDay: 864_000, milliseconds: 500, peakFactor: 4 });

    expect(concurrency).toEqual({ average: 5, peak: 20 });
  });

  test('the reserved concurrency is reached where the peak needs all of it', () => {
    const load = { preset: 'photo-sharing', imagesPerDay: 864_000, milliseconds: 1000, peakFactor: 10 } as const;

    // 10 a second on average, 100 at the peak, for one second each
    expect(limitOf('reserved concurrency', load)).toMatchObject({ holds: 100, inUse: 100, upToImagesPerDay: 864_000 });
    expect(limitOf('reserved concurrency', { ...load, preset: 'media-thumbnails' })).toBeUndefined();
    expect(limitOf('concurrency quota of the account', { ...load, preset: 'media-thumbnails' })?.upToImagesPerDay).toBe(8_640_000);
  });

  test('a day of the index is reached at a third of its partition’s thousand writes a second', () => {
    const limit = limitOf('day of the UploadTimestampIndex', { preset: 'image-metadata', peakFactor: 1 });

    expect((limit?.upToImagesPerDay ?? 0) / 86_400).toBeCloseTo(1000 / 3);
    expect(limitOf('day of the UploadTimestampIndex', { preset: 'photo-sharing' })).toBeUndefined();
  });

  test('are sorted by the load that reaches them', () => {
    for (const preset of PRESET_NAMES) {
      const loads = estimated({ preset }).limits.map(({ upToImagesPerDay }) => upToImagesPerDay);
      expect(loads).toEqual(loads.toSorted((a, b) => a - b));
    }
  });

  test('name settings that exist', () => {
    const named = PRESET_NAMES.flatMap((preset) => estimated({ preset }).limits).flatMap(({ setting = [] }) => setting);
    const { settings } = workload({ preset: 'photo-sharing' });

    expect(named.length).toBeGreaterThan(3);
    for (const path of named) expect(settings).toHaveProperty(path);
  });
});

describe('docs/scale.md', () => {
  const page = readFileSync('docs/scale.md', 'utf8');

  test('contains the tables that the code computes', () => {
    for (const table of scaleTables().trim().split('\n\n')) expect(page).toContain(`\n\n${table}\n\n`);
  });
});

describe('the command', () => {
  test('prints the load, the cost, the exceeded limits and how to raise them', async () => {
    const { code, stdout } = await run(register, 'estimate', '--images-per-day', '2000000', '--milliseconds', '900');

    expect(code).toBeUndefined();
    expect(stdout).toMatch(
      /^photo-sharing: 2,000,000 images a day of 12 megapixels, with 1,024 MB\nAn image takes 900 ms \(as given\)\.$/m,
    );
    expect(stdout).toContain('list prices of us-east-1, 2025-07 to 2026-06');
    expect(stdout).toMatch(/Lambda compute, arm64 .* GB-second .* \$720\.00/);
    expect(stdout).toMatch(
      /^This load exceeds:\n {2}mails that people read: .*\n {2}reserved concurrency: raised by `function\.reservedConcurrency`/m,
    );
  });

  test('--json prints the same as one document', async () => {
    const { stdout } = await run(register, 'estimate', '--preset', 'image-metadata', '--megapixels', '24', '--json');

    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(estimated({ preset: 'image-metadata', megapixels: 24 }))));
  });

  test('--compare prints a line for each size', async () => {
    const { stdout } = await run(register, 'estimate', '--compare', '--images-per-day', '100000');

    expect(stdout).toMatch(/^100,000 images a day of 12 megapixels, for 30 days$/m);
    for (const size of ['512 MB', '1,024 MB', '1,769 MB', '2,048 MB', '3,538 MB']) expect(stdout).toContain(size);
    expect(stdout).toMatch(/1,024 MB .*\$22\.40 .*this deployment/);
    expect(stdout).toMatch(/512 MB .*too small for `limits`/);
  });

  test('--compare --json prints the same as one document', async () => {
    const { stdout } = await run(register, 'estimate', '--compare', '--json');

    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(compare(deploymentOf('photo-sharing', 'dev', 'arm64'), {}))));
  });

  test('--prices lists every price with its page and its date', async () => {
    const { stdout } = await run(register, 'estimate', '--prices');

    for (const { unit, source } of Object.values(PRICES)) expect(stdout).toMatch(new RegExp(`${unit}.*${source.url}.*${source.asOf}`));
    expect(stdout).toContain('from $0.0000133334');
  });

  test.each([
    ['--preset', 'holiday'],
    ['--images-per-day', '-4'],
    ['--megapixels', 'many'],
    ['--memory', '512.5'],
  ])('%s %s is rejected', async (option, value) => {
    await expect(run(register, 'estimate', option, value)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });

  test.each(['5', '127', '10241'])('--memory %s is rejected with the range of Lambda', async (memory) => {
    await expect(run(register, 'estimate', '--memory', memory)).rejects.toThrow(
      `"${memory}" is not a whole number from 128 to 10,240, the MB that Lambda offers.`,
    );
  });

  test.each([128, 10_240])('--memory %d is accepted', async (memory) => {
    const { stdout } = await run(register, 'estimate', '--memory', String(memory));

    expect(stdout).toContain(`with ${figure(memory)} MB`);
  });
});

test.each([
  [0.0694, '0.069'],
  [12.34, '12'],
  [345.6, '346'],
  [4_000, '4,000'],
])('the number %d is shown as %s', (value, text) => {
  expect(figure(value)).toBe(text);
});

test('a load is rounded down', () => {
  expect([roundLoad(1_549_999), roundLoad(99)]).toEqual(['1,540,000', '99']);
});
