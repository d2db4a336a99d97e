import { describe, expect, test } from '@jest/globals';
import { type DeployedPipeline, tell } from './deployed-pipeline.ts';
import type { Change } from './deployed-stack.ts';
import { remains } from './remains.ts';

export interface Maintenance {
  /** What an operator may come to change, and what Terraform then does. */
  readonly change: Change;
  readonly changes: readonly string[];
  /** Values that no preset can be deployed with. */
  readonly refused: Readonly<Record<string, string>>;
}

/** No drift, changes in place, bad values refused by their names, nothing left behind. To be called last: it destroys. */
export function itIsMaintainedAsPromised(deployed: () => DeployedPipeline, { change, changes, refused }: Maintenance): void {
  describe('maintained', () => {
    test('has not drifted', async () => {
      expect(await deployed().stack.plan()).toEqual({ exitCode: 0, changes: [], errors: [] });
    });

    test('is changed in place', async () => {
      const plan = await deployed().stack.plan(change);

      expect({ ...plan, changes: plan.changes.toSorted() }).toEqual({ exitCode: 2, changes, errors: [] });
    });

    test('refuses bad values by their names', async () => {
      const { exitCode, errors } = await deployed().stack.plan({ variables: refused });

      expect(exitCode).toBe(1);
      expect(errors.toSorted()).toEqual(
        Object.keys(refused)
          .toSorted()
          .map((name) => expect.stringMatching(new RegExp(`^Invalid value for variable: ${name} must `))),
      );
    });

    test('is destroyed and leaves nothing', async () => {
      const { aws, stack } = deployed();
      expect(await remains(aws)).not.toEqual([]);

      await stack.destroy();
      tell(`${stack.id} was destroyed`);

      expect(await remains(aws)).toEqual([]);
    }, 300_000);
  });
}
