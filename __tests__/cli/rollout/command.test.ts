import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { register } from '../../../cli/rollout/command.ts';
import { run } from '../pipeline/test-deployment.ts';
import { VersionedFunction } from '../pipeline/versioned-function.ts';

let deployed: VersionedFunction;

beforeAll(async () => {
  deployed = await VersionedFunction.start();
});

beforeEach(() => {
  deployed.versions = ['1', '2', '3'].map((Version) => ({ Version, LastModified: '2026-11-01T08:00:00.000+0000', CodeSha256: Version }));
  deployed.live = '2';
  deployed.weights = {};
  deployed.routed.length = 0;
  deployed.alarms = { errors: 'OK', 'processing-errors': 'OK', 'photos-are-not-being-processed': 'OK' };
  deployed.onAlarmsRead = () => {};
});

afterAll(() => deployed.close());

const rollout = (...words: readonly string[]) => run(register, 'rollout', '--function', 'resize', '--minutes', '0.001', '--yes', ...words);

describe('a rollout', () => {
  test('sends some events to the newest version, and all once the time is over without an alarm', async () => {
    let reads = 0;
    deployed.onAlarmsRead = () => {
      reads += 1;
    };

    const { code, stdout } = await rollout('--percent', '20');

    expect(code).toBe(0);
    expect(deployed.routed).toEqual(['2 + 20% of 3', '3']);
    expect(stdout).toContain('Version 3 gets 20 % of the events');
    expect(stdout).toContain('No alarm went off. Version 3 gets all events now.');
    // Before it begins and until the end.
    expect(reads).toBeGreaterThanOrEqual(2);
  });

  test.each(['errors', 'processing-errors', 'photos-are-not-being-processed'])(
    'returns all events to the old version when %s goes off',
    async (alarm) => {
      let reads = 0;
      deployed.onAlarmsRead = () => {
        reads += 1;
        if (reads === 2) deployed.alarms[alarm] = 'ALARM';
      };

      const { code, stdout } = await rollout();

      expect(code).toBe(1);
      expect(deployed.routed).toEqual(['2 + 10% of 3', '2']);
      expect(stdout).toContain(`Alarms went off: resize-${alarm}. All events go to version 2 again.`);
    },
  );

  test('returns all events to the old version when the alarms cannot be read', async () => {
    let reads = 0;
    deployed.onAlarmsRead = () => {
      reads += 1;
      if (reads === 2) throw new Error('broken');
    };

    await expect(rollout()).rejects.toThrow();

    expect(deployed.routed).toEqual(['2 + 10% of 3', '2']);
  });

  test('returns all events to the old version on Ctrl-C', async () => {
    let reads = 0;
    deployed.onAlarmsRead = () => {
      reads += 1;
      if (reads === 2) process.emit('SIGINT');
    };

    const { code } = await rollout('--minutes', '10');

    expect(code).toBe(130);
    expect(deployed.routed).toEqual(['2 + 10% of 3', '2']);
  });

  test('resumes one that was left unfinished', async () => {
    deployed.weights = { 3: 0.1 };

    await rollout();

    expect(deployed.routed).toEqual(['2 + 10% of 3', '3']);
  });

  test('does not begin while an alarm is on', async () => {
    deployed.alarms.errors = 'ALARM';

    await expect(rollout()).rejects.toThrow('These alarms are on, so a new one could not be noticed: resize-errors.');
    expect(deployed.routed).toEqual([]);
  });

  test('does not begin without alarms, because nothing could stop it', async () => {
    deployed.alarms = {};

    await expect(rollout()).rejects.toThrow('The function has no alarms');
    expect(deployed.routed).toEqual([]);
  });

  test('has nothing to do if the newest version gets all events', async () => {
    deployed.live = '3';

    const { code, stdout } = await rollout();

    expect([code, stdout]).toEqual([0, 'Version 3 is the newest and gets all events already.\n']);
    expect(deployed.routed).toEqual([]);
  });

  test.each(['0', '100', 'some'])('of %s % is rejected', async (percent) => {
    await expect(rollout('--percent', percent)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });
});
