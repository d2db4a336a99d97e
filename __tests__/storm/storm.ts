import fc from 'fast-check';
import { type Mutant, Simulation } from './simulation.ts';

export interface StormReport {
  readonly schedules: number;
  readonly seed: number;
  /** What was broken; undefined when nothing was. */
  readonly violation?: { readonly sentences: readonly string[] };
}

const tape = fc.noBias(fc.array(fc.nat({ max: 65_535 }), { minLength: 20, maxLength: 400, size: 'max' }));

/** Runs random schedules of uploads, duplicates, reorderings, crashes, retries, redrives, deletes and backfills. */
export async function storm(options: { schedules: number; seed: number; mutant?: Mutant }): Promise<StormReport> {
  const { schedules, seed, mutant } = options;
  const details = await fc.check(
    fc.asyncProperty(tape, async (choices) => {
      const found = await new Simulation(choices, mutant).violations();
      if (found.length > 0) throw new Error(found.join('\n'));
    }),
    { numRuns: schedules, seed, endOnFailure: true },
  );
  if (!details.failed) return { schedules: details.numRuns, seed };
  const sentences = details.errorInstance instanceof Error ? details.errorInstance.message.split('\n') : ['unknown violation'];
  return { schedules: details.numRuns, seed, violation: { sentences } };
}
