import { inspect } from 'node:util';
import { FAULTS, PLAIN, type Scenario } from './scenario.ts';
import type { Trail } from './search.ts';

/** What sets a scenario apart, on one line where it fits. */
export function described(scenario: Scenario): string {
  return inspect(settingsOf(scenario), { depth: 5, breakLength: 140, compact: true });
}

/** What sets a scenario apart. */
function settingsOf(scenario: Scenario): Partial<Scenario> {
  const isPlain = (name: string, value: unknown) => JSON.stringify(value) === JSON.stringify(Reflect.get(PLAIN, name));
  const shown = Object.entries(scenario).filter(([name, value]) => !isPlain(name, value));
  return Object.fromEntries(shown.filter(([name]) => name !== 'faults' || scenario.faults.length < FAULTS.length));
}

/** A schedule that breaks a guarantee, for a reader and as a test. */
export function printedStory({ scenario, steps, sentences, violations }: Trail): string {
  const { concurrency: _many, faultCount: _some, ...told } = settingsOf(scenario);
  const name = violations.map(({ guarantee, sentence }) => `${guarantee}: ${sentence}`).join('; ');
  const story = inspect(
    { name, scenario: told, steps },
    { depth: 5, breakLength: 140, compact: 3, maxArrayLength: null, maxStringLength: null },
  );
  return [
    '',
    `The shortest story, with ${described(scenario)}:`,
    ...sentences.map((sentence, index) => `${String(index + 1).padStart(4)}. ${sentence}`),
    ...violations.map(({ guarantee, sentence }) => `   => ${guarantee}: ${sentence}`),
    '',
    'As a test: add it to STORIES in __tests__/stories/stories.ts.',
    `${story},`,
  ].join('\n');
}
