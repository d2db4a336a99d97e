import { describe, expect, test } from '@jest/globals';
import { scenariosOf } from './bounds.ts';
import { MUTANTS } from './mutants.ts';
import { GUARANTEES, type Guarantee } from './reference-model.ts';
import type { Scenario } from './scenario.ts';
import { search, type Trail } from './search.ts';

const SCENARIOS = scenariosOf('small');

/** The guarantees of which at least one breaks with each planted bug. */
const BROKEN: Readonly<Record<keyof typeof MUTANTS, readonly Guarantee[]>> = {
  'renditions are stored without compare-and-swap': ['P8', 'P1', 'P3'],
  'sequencers are compared as plain text': ['P2'],
  'a claim has no lease': ['P10'],
  'a commit has no condition': ['P7', 'P8'],
  'a message is sent before its effect is committed': ['P6'],
  'originals are read whatever their version': ['P2', 'P4'],
  'a message that was not marked as sent is never resumed': ['P5'],
  'a late duplicate withdraws what was stored for it': ['P2', 'P3'],
  'a newer upload forgets the message of the effect it replaces': ['P5'],
  'two runs of one request are not distinguished': ['P6', 'P7'],
  'a removal is taken to leave nothing': ['P9', 'P1'],
  'the deletion of a version is not delivered': ['P1', 'P8'],
  'lifecycle expirations are not delivered': ['P8'],
  'a record keeps what it knew of a deleted photo': ['P8'],
  'an original is tagged whatever its version': ['P4', 'P1'],
  'copies in quarantine outlive the photo': ['P8'],
  'a reconciliation does not remember what it has reported': ['P6', 'P7'],
  'a rendition that a restored table has forgotten is taken for a newer one': ['P1'],
  'a 404 is always believed': ['P9'],
  'renditions are stored after the manifest that lists them': ['P4'],
  'a manifest outlives its photo': ['P8'],
  'a failed photo keeps the manifest of the version before': ['P1', 'P4'],
};

/** Which of the scenarios can show a planted bug, where trying all would take long. */
const AMONG: Partial<Record<keyof typeof MUTANTS, (scenario: Scenario) => boolean>> = {
  'a message that was not marked as sent is never resumed': ({ concurrency, faultCount }) => concurrency === 2 && faultCount === 1,
  'a late duplicate withdraws what was stored for it': ({ deliveries }) => deliveries.length === 2,
  'two runs of one request are not distinguished': ({ sameRequest }) => sameRequest,
  'a removal is taken to leave nothing': ({ mutations }) => mutations.length === 3,
  'the deletion of a version is not delivered': ({ manifest }) => !manifest,
  'lifecycle expirations are not delivered': ({ manifest }) => !manifest,
  'a record keeps what it knew of a deleted photo': ({ manifest }) => !manifest,
  'an original is tagged whatever its version': ({ marksFailures }) => marksFailures === true,
  'copies in quarantine outlive the photo': ({ marksFailures }) => marksFailures === true,
  'a reconciliation does not remember what it has reported': ({ reconciliations }) => reconciliations.length > 0,
  'a rendition that a restored table has forgotten is taken for a newer one': ({ restoredFrom }) => restoredFrom !== undefined,
  'a 404 is always believed': ({ faultCount }) => faultCount === 1,
};

async function firstTrail(name: string): Promise<Trail | undefined> {
  for (const scenario of SCENARIOS.filter(AMONG[name] ?? (() => true))) {
    const { trail } = await search(scenario, { mutant: MUTANTS[name] });
    if (trail !== undefined) return trail;
  }
  return undefined;
}

describe('The explorer, within its small bound', () => {
  test('finds no schedule that breaks a guarantee, and checks every one of them', async () => {
    const checks = new Map<Guarantee, number>();
    for (const scenario of SCENARIOS) {
      const searched = await search(scenario);
      expect(searched.trail).toBeUndefined();
      for (const guarantee of GUARANTEES) checks.set(guarantee, (checks.get(guarantee) ?? 0) + (searched.checks[guarantee] ?? 0));
    }
    expect([...checks].filter(([, times]) => times < 100)).toEqual([]);
  }, 300_000);

  test.each(Object.keys(MUTANTS))(
    'finds the planted bug that %s',
    async (name) => {
      const trail = await firstTrail(name);

      expect(trail?.sentences.length).toBeLessThan(30);
      expect(BROKEN[name]).toContain(trail?.violations[0]?.guarantee);
    },
    120_000,
  );
});
