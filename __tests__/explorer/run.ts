import { availableParallelism } from 'node:os';
import { Command, Help, InvalidArgumentError, Option } from 'commander';
import { BOUNDS, type Bound, COVERAGE, scenariosOf } from './bounds.ts';
import { type Explored, explore } from './explore.ts';
import { described, printedStory } from './printed-story.ts';
import { GUARANTEES } from './reference-model.ts';

function whole(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number from 1 to 99999.`);
  return Number(text);
}

/** What keeps the guarantees is judged by, for the reader of the output. */
const MEANINGS: Readonly<Record<(typeof GUARANTEES)[number], string>> = {
  P1: 'convergence',
  P2: 'monotonicity',
  P3: 'availability',
  P4: 'integrity',
  P5: 'at-least-once notification',
  P6: 'at-most-once notification',
  P7: 'counted once',
  P8: 'erasure',
  P9: 'no silent loss',
  P10: 'boundedness',
};

function helpOf(bound: Bound): string {
  const help = new Help();
  return help.formatItem(bound, 5, `${COVERAGE[bound]} (${scenariosOf(bound).length} scenarios)`, help);
}

const { bound, minutes, processes } = new Command('explore')
  .description(
    'Runs the handler through every interleaving of small scenarios and checks the guarantees of docs/one-effect.md at every state.',
  )
  .addOption(new Option('--bound <bound>', 'how much to explore').choices(BOUNDS).default('ci'))
  .option('--minutes <number>', 'stop after so many minutes (default: 60 for large, none for the others)', whole)
  .option('--processes <number>', 'how many processes work on it', whole, Math.min(availableParallelism(), 8))
  .addHelpText('after', `\nBounds:\n${BOUNDS.map(helpOf).join('\n')}`)
  .parse()
  .opts<{ bound: Bound; minutes?: number; processes: number }>();

const limit = minutes ?? (bound === 'large' ? 60 : undefined);
const explored = await explore(bound, {
  processes,
  until: limit === undefined ? Number.MAX_SAFE_INTEGER : Date.now() + limit * 60_000,
  onProgress: (done, of, states) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${done} of ${of} scenarios, ${states.toLocaleString('en')} states`);
  },
});
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
console.log(summary(explored));
if (explored.trail !== undefined) {
  console.log(printedStory(explored.trail));
  process.exitCode = 1;
}

function summary({ scenarios, complete, states, steps, depth, seconds, checks, stoppedIn, trail }: Explored): string {
  const number = (value: number) => value.toLocaleString('en');
  const stopped = stoppedIn === undefined ? undefined : scenariosOf(bound)[stoppedIn];
  return [
    `Bound ${bound}: ${complete} of ${scenarios} scenarios, ${number(states)} states, ${number(steps)} steps, up to ${depth} deep, in ${seconds.toFixed(1)} s.`,
    ...GUARANTEES.map(
      (guarantee) => `  ${guarantee.padEnd(3)} ${MEANINGS[guarantee].padEnd(27)} checked ${number(checks[guarantee])} times`,
    ),
    ...(stopped === undefined
      ? []
      : [`The time was up. The first scenario that is not complete is ${(stoppedIn ?? 0) + 1}: ${described(stopped)}`]),
    trail === undefined ? 'No violation.' : `Violation of ${trail.violations.map(({ guarantee }) => guarantee).join(', ')}.`,
  ].join('\n');
}
