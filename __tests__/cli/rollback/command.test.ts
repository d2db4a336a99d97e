import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { register } from '../../../cli/rollback/command.ts';
import { run } from '../pipeline/test-deployment.ts';
import { VersionedFunction } from '../pipeline/versioned-function.ts';

let deployed: VersionedFunction;

beforeAll(async () => {
  deployed = await VersionedFunction.start();
});

beforeEach(() => {
  deployed.versions = [
    {
      Version: '7',
      LastModified: '2026-11-01T08:00:00.000+0000',
      CodeSha256: 'old',
      MemorySize: 512,
      Environment: { Variables: { A: '1', B: 'secret' } },
    },
    {
      Version: '8',
      LastModified: '2026-11-02T09:30:00.000+0000',
      CodeSha256: 'good',
      MemorySize: 1024,
      Environment: { Variables: { A: '1' } },
    },
    {
      Version: '10',
      LastModified: '2026-11-03T10:00:00.000+0000',
      CodeSha256: 'bad',
      MemorySize: 1024,
      Environment: { Variables: { A: '2' } },
    },
  ];
  deployed.live = '10';
  deployed.weights = {};
  deployed.routed.length = 0;
});

afterAll(() => deployed.close());

const rollback = (...words: readonly string[]) => run(register, 'rollback', '--function', 'resize', ...words);

describe('a rollback', () => {
  test('points the alias to the version before the current one, and says what differs and what Terraform will show', async () => {
    const { code, stdout } = await rollback('--yes');

    expect(code).toBe(0);
    expect(deployed.routed).toEqual(['8']);
    expect(stdout).toBe(`From  version 10, published 2026-11-03 10:00:00 UTC
To    version 8, published 2026-11-02 09:30:00 UTC
  different code
  different variables: A

All events go to version 8 now.

The next plan of Terraform shows aws_lambda_alias.processor_live with
  function_version = "8" -> "10"
because version 10 is the newest. Do not apply that before the cause is fixed: it
would bring version 10 back. To continue, fix the cause and deploy: the fix becomes
version 11, and the deployment points the alias to it.
With deployment.rollout = 'gradual', Terraform shows no change, and
\`npm run pipeline -- rollout\` moves the alias once the fix is deployed.
`);
  });

  test('done twice goes back two versions, with the numbers in numeric order', async () => {
    await rollback('--yes');
    const { stdout } = await rollback('--yes');

    expect(deployed.routed).toEqual(['8', '7']);
    expect(stdout).toContain('memory: 1024 MB -> 512 MB');
    expect(stdout).toContain('different variables: B');
    expect(stdout).not.toContain('secret');
  });

  test('can go to a chosen version, also forward again', async () => {
    deployed.live = '7';

    await rollback('--to', '10', '--yes');

    expect(deployed.routed).toEqual(['10']);
  });

  test('of a rollout in progress returns all events to the version that had them', async () => {
    Object.assign(deployed, { live: '8', weights: { 10: 0.1 } });

    const { stdout } = await rollback('--yes');

    expect(deployed.routed).toEqual(['8']);
    expect(stdout).toMatch(/^A rollout sends 10 % of the events to version 10\.\nFrom {2}version 10, .*\nTo {4}version 8, /);
  });

  test('changes nothing without a terminal to ask on', async () => {
    await expect(rollback()).rejects.toThrow('add --yes');

    expect(deployed.routed).toEqual([]);
  });

  test('changes nothing if someone else moved the alias in the meantime', async () => {
    const readVersions = deployed.versions;
    Object.defineProperty(deployed, 'versions', {
      configurable: true,
      get: () => {
        deployed.touch();
        return readVersions;
      },
      set: (value) => Object.defineProperty(deployed, 'versions', { configurable: true, writable: true, value }),
    });

    await expect(rollback('--yes')).rejects.toThrow('Someone else changed the alias');
    expect(deployed.routed).toEqual([]);
  });

  test.each([
    [['--to', '9'], 'There is no version "9". Published versions: 10, 8, 7.'],
    [['--to', '10'], 'The alias points to version 10 already.'],
  ])('with %j is refused: %s', async (words, message) => {
    await expect(rollback(...words, '--yes')).rejects.toThrow(message);
  });

  test('of the first version is refused', async () => {
    deployed.live = '7';

    await expect(rollback('--yes')).rejects.toThrow('There is no version before version 7');
  });

  test('of a deployment without an alias says what to do', async () => {
    deployed.live = undefined;

    await expect(rollback('--yes')).rejects.toThrow('deploy it again if it has no alias yet');
  });
});
