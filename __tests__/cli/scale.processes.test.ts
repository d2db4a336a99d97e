import { afterEach, expect, test } from '@jest/globals';
import { startCommand } from '../../bench/measures/command-scale.ts';
import { type SimulatedDeployment, serveSimulatedBucket } from '../../bench/simulated-bucket.ts';

let deployment: SimulatedDeployment | undefined;

afterEach(async () => deployment?.close());

test('an audit of a million photos takes at most 150 MB', async () => {
  deployment = await serveSimulatedBucket(1_000_000, 1000);

  const { exitCode, output, megabytes } = await startCommand(deployment, ['audit', '--keys', '0']).ended;

  expect(output).toMatch(/^processed +999,000 /m);
  expect(output).toMatch(/^no record +1,000 /m);
  expect(exitCode).toBe(1);
  expect(megabytes).toBeLessThanOrEqual(150);
}, 900_000);

test.each([
  ['backfill --apply', ['backfill', '--apply', '--rate', '2000']],
  ['audit --fix', ['audit', '--fix', '--yes', '--rate', '2000', '--keys', '0']],
])(
  '%s that is interrupted and killed again and again invokes the function once for each photo',
  async (_name, words) => {
    const simulated = await serveSimulatedBucket(60_000, 50);
    deployment = simulated;
    const runUntil = async (count: number, signal: NodeJS.Signals): Promise<number | null> => {
      const running = startCommand(simulated, words);
      simulated.onInvocation = (total) => {
        if (total === count) running.kill(signal);
      };
      return (await running.ended).exitCode;
    };

    expect(await runUntil(100, 'SIGINT')).toBe(130);
    expect(await runUntil(350, 'SIGKILL')).toBeNull();
    expect(await runUntil(700, 'SIGTERM')).toBe(130);
    expect(simulated.invocations.size).toBeLessThan(1200);
    expect(await runUntil(Number.POSITIVE_INFINITY, 'SIGKILL')).toBe(0);

    expect(simulated.invocations.size).toBe(1200);
    expect(new Set(simulated.invocations.values())).toEqual(new Set([1]));
  },
  900_000,
);
