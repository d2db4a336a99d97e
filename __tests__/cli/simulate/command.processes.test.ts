import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { register, scenarioOf } from '../../../cli/simulate/command.ts';
import { poisson } from '../../../cli/simulate/random.ts';
import { duration } from '../../../cli/simulate/report.ts';
import { Environments, TableCapacity } from '../../../cli/simulate/services.ts';
import { type Scenario, simulate } from '../../../cli/simulate/simulation.ts';
import { deploymentOf } from '../../../config/deployments.ts';
import { seededRandom } from '../../../local/samples/seeded-random.ts';
import { run } from '../pipeline/test-deployment.ts';

function day(changes: Partial<Scenario> = {}) {
  return simulate(scenarioOf(deploymentOf('photo-sharing', 'dev', 'arm64'), { imagesPerDay: 100_000, ...changes }));
}

describe('a simulated day', () => {
  test('is the same for the same seed, and different for another', () => {
    expect(day({ seed: 7 })).toEqual(day({ seed: 7 }));
    expect(day({ seed: 7 }).uploads).not.toBe(day({ seed: 8 }).uploads);
  });

  test('has about as many uploads as the load, with and without bursts', () => {
    for (const bursts of [0, 4]) expect(Math.abs(day({ bursts }).uploads - 100_000)).toBeLessThan(5 * Math.sqrt(100_000));
  });

  test.each<Partial<Scenario>>([
    { bursts: 96, burstMinutes: 15, peakFactor: 1 },
    { bursts: 48, burstMinutes: 15, peakFactor: 2 },
    { bursts: 1, burstMinutes: 1440, peakFactor: 1 },
  ])('has about as many uploads as the load where bursts overlap or fill the day: %j', (changes) => {
    expect(Math.abs(day(changes).uploads - 100_000)).toBeLessThan(5 * Math.sqrt(100_000));
  });

  test.each<[string, Partial<Scenario>]>([
    ['a quiet load', {}],
    ['more than DynamoDB and S3 take', { imagesPerDay: 86_400_000, concurrency: 6_000 }],
    ['lost events', { lostShare: 0.05 }],
    ['a batch job', { batchPhotos: 300_000 }],
  ])('with %s, every upload is processed or in the dead-letter queue', (_, changes) => {
    const { uploads, processed, deadLetters } = day(changes);

    expect(processed + deadLetters).toBe(uploads);
  });

  test('uses as many executions at the peak as rate × duration, give or take chance', () => {
    // 11.6 uploads a second in a burst, of two seconds each
    const { peakConcurrency } = day({ milliseconds: 2_000 });

    expect(peakConcurrency).toBeGreaterThan(23);
    expect(peakConcurrency).toBeLessThan(70);
  });

  test('never uses more executions than there are, and then events wait', () => {
    const result = day({ imagesPerDay: 10_000_000, concurrency: 100 });

    expect(result.peakConcurrency).toBe(100);
    expect(result.deadLetters).toBe(0);
    expect(result.peakBacklog).toBeGreaterThan(100_000);
    expect(result.latencySeconds.max).toBeGreaterThanOrEqual(result.oldestEventSeconds);
    expect(result.drainSeconds).toBeGreaterThan(3600);
  });

  test('gives up on events after six hours, as Lambda does', () => {
    // 14 a minute on average, and room for one
    const result = day({ imagesPerDay: 20_000, milliseconds: 60_000, concurrency: 1 });

    expect(result.processed + result.deadLetters).toBe(result.uploads);
    expect(result.deadLetters).toBeGreaterThan(15_000);
    expect(result.oldestEventSeconds).toBeLessThan(6 * 3600 + 1.5 * 300 + 1);
  });

  test('gives up on events that the limits of S3 reject three times, unless the keys are spread and the table is prepared', () => {
    const load = { imagesPerDay: 86_400_000, concurrency: 6_000 };

    expect(day(load).deadLetters).toBeGreaterThan(1_000_000);
    expect(day({ ...load, prefixes: 4, warmWrites: 25_000 })).toMatchObject({ deadLetters: 0, failedAttempts: 0 });
    expect(day({ ...load, prefixes: 4 }).failedAttempts).toBeGreaterThan(0);
  });

  test('processes lost photos within the interval of the reconciliation', () => {
    const { latencySeconds } = day({ lostShare: 0.05, reconcileHours: 2 });

    expect(latencySeconds.max).toBeGreaterThan(7_000);
    expect(latencySeconds.max).toBeLessThan(2 * 3600 + 120);
  });

  test('hands over at most 100,000 lost photos in a pass, and the others in the next', () => {
    const result = day({ imagesPerDay: 300_000, lostShare: 0.5, reconcileHours: 24 });

    expect(result.processed).toBe(result.uploads);
    expect(result.latencySeconds.max).toBeGreaterThan(25 * 3600);
    expect(result.latencySeconds.max).toBeLessThan(49 * 3600);
  });

  test('gives a batch job photos × duration / concurrency', () => {
    expect(day({ batchPhotos: 1_000_000, batchConcurrency: 50 }).batchHours).toBeCloseTo((1_000_000 * 0.56) / 50 / 3600, 2);
  });
});

describe('the services', () => {
  test('a function adds 1,000 executions every 10 seconds, up to its limit, and keeps them for minutes', () => {
    const environments = new Environments(2_500);

    expect([0, 5, 10, 20, 30].map((second) => environments.grant(second, 5_000))).toEqual([1_000, 1_000, 2_000, 2_500, 2_500]);
    expect(environments.grant(40, 10)).toBe(10);
    expect(environments.grant(250, 2_500)).toBe(2_500);
    expect(environments.peak).toBe(2_500);
  });

  test('a table takes twice its previous peak after half an hour', () => {
    const table = new TableCapacity(0);

    expect(table.capacity(0)).toBe(4_000);
    table.use(0, 3_000);
    expect(table.capacity(0)).toBe(1_000);
    expect(table.capacity(1)).toBe(4_000);
    expect(table.capacity(1_800)).toBe(6_000);
  });
});

describe('the random numbers', () => {
  test('are in [0, 1) and repeat with the seed', () => {
    const numbers = (seed: number): number[] => Array.from({ length: 1_000 }, seededRandom(seed));

    expect(numbers(3)).toEqual(numbers(3));
    expect(numbers(3)).not.toEqual(numbers(4));
    for (const number of numbers(3)) expect(number >= 0 && number < 1).toBe(true);
  });

  test.each([0.5, 20, 400])('have the mean and the variance of a Poisson distribution of rate %d', (rate) => {
    const random = seededRandom(5);
    const counts = Array.from({ length: 20_000 }, () => poisson(rate, random));
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;

    expect(Math.abs(mean / rate - 1)).toBeLessThan(0.03);
    expect(Math.abs(variance / rate - 1)).toBeLessThan(0.06);
  });
});

describe('the command', () => {
  test('prints the outcome of the day', async () => {
    const { code, stdout } = await run(register, 'simulate', '--images-per-day', '10000000', '--seed', '3', '--batch-photos', '100000');

    expect(code).toBeUndefined();
    expect(stdout).toMatch(/^10,000,000 images a day, 4 bursts of 15 minutes at 10 times the average rate$/m);
    expect(stdout).toMatch(/^Concurrent executions at most +100$/m);
    expect(stdout).toMatch(/^From upload to result +[\d.]+ \w+ \(median\), [\d.]+ \w+ \(p95\), [\d.]+ \w+ \(maximum\)$/m);
    expect(stdout).toMatch(/^From the last burst until nothing waited +\d/m);
    expect(stdout).toMatch(/^Batch job +19 min$/m);
  });

  test('--json prints the scenario and the result', async () => {
    const { stdout } = await run(register, 'simulate', '--json', '--seed', '9', '--lost', '5');

    const { scenario, result } = JSON.parse(stdout);
    expect(scenario).toMatchObject({ imagesPerDay: 4_000, seed: 9, lostShare: 0.05, concurrency: 100, milliseconds: 560 });
    expect(result).toEqual(simulate(scenario));
  });

  test('--lost 0 is accepted', async () => {
    const { stdout } = await run(register, 'simulate', '--json', '--lost', '0');

    expect(JSON.parse(stdout).scenario).toMatchObject({ lostShare: 0 });
  });

  test('--scale prints the tables of docs/scale.md', async () => {
    const { stdout } = await run(register, 'simulate', '--scale');

    const page = readFileSync('docs/scale.md', 'utf8');
    const tables = stdout.trim().split('\n\n');
    expect(tables).toHaveLength(3);
    for (const table of tables) expect(page).toContain(`\n\n${table}\n\n`);
  }, 60_000);

  test.each([
    ['--images-per-day', '0'],
    ['--seed', 'x'],
    ['--lost', '-1'],
    ['--lost', '101'],
    ['--peak', '0.9'],
    ['--burst-minutes', 'x'],
    ['--burst-minutes', '0.001'],
  ])('%s %s is rejected', async (option, value) => {
    await expect(run(register, 'simulate', option, value)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });

  test('a burst longer than a day is rejected with the range', async () => {
    await expect(run(register, 'simulate', '--burst-minutes', '1441')).rejects.toThrow(
      '"1441" is not a number of minutes from a second (0.017) to a day (1440).',
    );
  });

  test.each([
    ['2000', '15', '10', '300,000'],
    ['10', '15', '10', '1,500'],
    ['1', '1440', '1.0001', '1,441'],
  ])('%s bursts of %s minutes at %s times the average rate are rejected with what to lower', async (bursts, minutes, peak, product) => {
    const words = ['--bursts', bursts, '--burst-minutes', minutes, '--peak', peak];

    await expect(run(register, 'simulate', ...words)).rejects.toMatchObject({
      code: 'OPERATOR_ERROR',
      message:
        `The bursts alone exceed the load of the day: --bursts ${bursts} × --burst-minutes ${minutes} × --peak ${peak} is ${product}, ` +
        'and must be at most 1,440, the minutes of a day. Lower --bursts, --burst-minutes or --peak.',
    });
  });

  test.each([
    ['4', '15', '24'],
    ['1', '1440', '1'],
    ['0', '15', '2000'],
  ])('%s bursts of %s minutes at %s times the average rate are accepted', async (bursts, minutes, peak) => {
    const { stdout } = await run(register, 'simulate', '--bursts', bursts, '--burst-minutes', minutes, '--peak', peak);

    expect(stdout).toMatch(/^Uploads +[34],\d{3}$/m);
  });

  test('a load that cannot be simulated ends with exit code 2 and nothing on standard output', () => {
    const words = ['--import', 'tsx', 'cli/pipeline.ts', 'simulate', '--bursts', '2000'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^The bursts alone exceed the load of the day: [^\n]*\n$/);
  });
});

test.each([
  [0.56, '0.56 s'],
  [600, '10 min'],
  [7_200, '2 h'],
])('%d seconds are shown as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
