import { describe, expect, test } from '@jest/globals';
import { type DeployedPipeline, report } from './deployed-pipeline.ts';
import type { Change } from './deployed-stack.ts';
import { remains } from './remains.ts';

export interface Maintenance {
  /** Typical changes, and what Terraform then does. */
  readonly change: Change;
  readonly changes: readonly string[];
  /** Values that every preset rejects. */
  readonly refused: Readonly<Record<string, string>>;
}

/** Checks for no drift, changes in place, rejected invalid values, and nothing left behind. Call it last, because it destroys the stack. */
export function itCanBeMaintained(deployed: () => DeployedPipeline, { change, changes, refused }: Maintenance): void {
  describe('maintained', () => {
    test('has not drifted', async () => {
      expect(await deployed().stack.plan()).toEqual({ exitCode: 0, changes: [], errors: [] });
    });

    test('can be changed in place', async () => {
      const plan = await deployed().stack.plan(change);

      expect({ ...plan, changes: plan.changes.toSorted() }).toEqual({ exitCode: 2, changes, errors: [] });
    });

    test('rejects invalid values by name', async () => {
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
      report(`${stack.id} was destroyed`);

      expect(await remains(aws)).toEqual([]);
    }, 300_000);
  });
}
