import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { register } from '../../../cli/estimate/command.ts';
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
    const printed = page.split('\n').filter((line) => line.startsWith('|'));
    expect(printed).toEqual(
      scaleTables()
        .split('\n')
        .filter((line) => line.startsWith('|')),
    );
  });
});

describe('the command', () => {
  test('prints the load, the cost, the exceeded limits and how to raise them', async () => {
    const { code, stdout } = await run(register, 'estimate', '--images-per-day', '2000000', '--milliseconds', '900');

    expect(code).toBeUndefined();
    expect(stdout).toMatch(
      /^photo-sharing: 2,000,000 images a day of 12 megapixels, with 1,024 MB\nAn image takes 900 ms \(as given\)\.$/m,
    );
    expect(stdout).toContain('list prices of us-east-1, 2025-07');
    expect(stdout).toMatch(/Lambda compute, arm64 .* GB-second .* \$720\.00/);
    expect(stdout).toMatch(
      /^This load exceeds:\n {2}mails that people read: .*\n {2}reserved concurrency: raised by `function\.reservedConcurrency`/m,
    );
  });

  test('--json prints the same as one document', async () => {
    const { stdout } = await run(register, 'estimate', '--preset', 'image-metadata', '--megapixels', '24', '--json');

    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(estimated({ preset: 'image-metadata', megapixels: 24 }))));
  });

  test.each([
    ['--preset', 'holiday'],
    ['--images-per-day', '-4'],
    ['--megapixels', 'many'],
  ])('%s %s is rejected', async (option, value) => {
    await expect(run(register, 'estimate', option, value)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
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
