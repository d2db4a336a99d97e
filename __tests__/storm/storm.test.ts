import { describe, expect, test } from '@jest/globals';
import { MUTANTS } from './mutants.ts';
import { storm } from './storm.ts';

const SCHEDULES = 1_500;
const seed = Number(process.env.STORM_SEED ?? Date.now() % 2 ** 31);

describe('A storm of uploads, duplicates, reorderings, crashes, retries, redrives, deletes and backfills', () => {
  test(`leaves one record, the newest renditions and one announcement per upload in ${SCHEDULES} schedules (STORM_SEED=${seed})`, async () => {
    const { violation } = await storm({ schedules: SCHEDULES, seed });

    expect(violation).toBeUndefined();
  }, 120_000);

  test.each(Object.entries(MUTANTS))(
    'notices a protocol with %s',
    async (_name, mutant) => {
      const { violation } = await storm({ schedules: SCHEDULES, seed: 1, mutant });

      expect(violation?.sentences).not.toHaveLength(0);
      expect(violation).toBeDefined();
    },
    120_000,
  );
});
