import { describe, expect, test } from '@jest/globals';
import { MUTANTS } from '../explorer/mutants.ts';
import { storm } from './storm.ts';

const SCHEDULES = 1_000;
// Fixed, so that a run can be repeated; `npm run storm` draws a new seed.
const seed = Number(process.env.STORM_SEED ?? 1);

describe('A storm of uploads, deletions, duplicates, reorderings, crashes, outages, retries, redrives and backfills', () => {
  test(`breaks no guarantee in ${SCHEDULES} schedules (STORM_SEED=${seed})`, async () => {
    const { violation } = await storm({ schedules: SCHEDULES, seed });

    expect(violation).toBeUndefined();
  }, 120_000);

  test.each(Object.entries(MUTANTS))(
    'notices that %s',
    async (_name, mutant) => {
      const { violation } = await storm({ schedules: SCHEDULES, seed: 1, mutant });

      expect(violation?.violations).not.toHaveLength(0);
      expect(violation).toBeDefined();
    },
    120_000,
  );
});
