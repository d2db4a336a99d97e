import { availableParallelism } from 'node:os';
import { Stryker } from '@stryker-mutator/core';
import { Command, InvalidArgumentError } from 'commander';
import { AREAS, type Area } from './areas.ts';

/** The least share of mutants that the tests must notice. */
const LEAST_SCORE = 90;

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

const REPORTS = 'reports/mutation';

const atLeastOne = (text: string): number => {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number from 1 to 99.`);
  return Number(text);
};

const command = new Command('mutation')
  .description(
    `Changes the code that keeps the guarantees, one place at a time, and runs the tests of its area against each change.
Lists the changes that no test notices, and exits with 1 if the tests notice less than ${LEAST_SCORE} % of them.`,
  )
  .argument('[area...]', `areas to mutate: ${AREAS.map(({ name }) => name).join(', ')} (default: all)`)
  .option('--mutate <pattern>', 'mutate only these files of the area, such as lambda-src/events/sequencer.ts')
  .option('--concurrency <number>', 'processes that run tests side by side', atLeastOne, availableParallelism())
  .parse();
const { mutate, concurrency } = command.opts<{ mutate?: string; concurrency: number }>();

const unknown = command.args.find((name) => !AREAS.some((area) => area.name === name));
if (unknown !== undefined) command.error(`error: there is no area "${unknown}"; choose from: ${AREAS.map(({ name }) => name).join(', ')}.`);

if (mutate !== undefined && command.args.length !== 1) command.error('error: --mutate needs one area: the one that its files belong to.');

const results: { readonly area: Area; readonly mutants: readonly MutantResult[]; readonly seconds: number }[] = [];
const areas = AREAS.filter(({ name }) => command.args.length === 0 || command.args.includes(name));
for (const [index, area] of areas.entries()) {
  console.log(`\n== ${area.name} (${index + 1} of ${areas.length})`);
  const started = performance.now();
  const mutants = await mutateArea(area);
  results.push({ area, mutants, seconds: (performance.now() - started) / 1000 });
}
console.log('\narea                  mutants  survived  score  seconds');
for (const { area, mutants, seconds } of results) console.log(row(area.name, mutants, seconds));
const all = results.flatMap(({ mutants }) => mutants);
const total = results.reduce((sum, { seconds }) => sum + seconds, 0);
console.log(row('all', all, total));
console.log(`\nEvery mutant, with the tests that ran: ${REPORTS}/*.html`);
process.exit(score(all) < LEAST_SCORE ? 1 : 0);

async function mutateArea({ name, mutate: patterns, tests }: Area): Promise<MutantResult[]> {
  const testFiles = tests.map((pattern) => (pattern.startsWith('!') ? `!**/__tests__/${pattern.slice(1)}` : `**/__tests__/${pattern}`));
  const stryker = new Stryker({
    mutate: mutate === undefined ? [...patterns] : [mutate],
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    jest: {
      configFile: 'jest.config.js',
      config: {
        testMatch: testFiles,
        // Jest finds the tests of a file by following the imports between files under these roots, and under no others.
        roots: ['__tests__', 'config', 'lambda-src', 'stacks'].map((folder) => `<rootDir>/${folder}`),
      },
    },
    coverageAnalysis: 'perTest',
    // Stryker would rewrite it with TypeScript's API, which TypeScript 7 does not have. The tests are transformed without it.
    tsconfigFile: 'none.json',
    concurrency,
    // A busy machine must not pass for an endless loop.
    timeoutMS: 20_000,
    ignorePatterns: ['cdktf.out', 'dist', 'out', 'reports'],
    tempDirName: `${REPORTS}/sandbox`,
    reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
    clearTextReporter: { allowColor: process.stdout.isTTY, reportTests: false, logTests: false, reportScoreTable: false },
    htmlReporter: { fileName: `${REPORTS}/${name}.html` },
    jsonReporter: { fileName: `${REPORTS}/${name}.json` },
    thresholds: { break: null },
    allowConsoleColors: process.stdout.isTTY,
  });
  const mutants = await stryker.runMutationTest();
  return mutants.filter(({ status }) => ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status));
}

function survivors(mutants: readonly MutantResult[]): number {
  return mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').length;
}

function score(mutants: readonly MutantResult[]): number {
  return mutants.length === 0 ? 100 : 100 * (1 - survivors(mutants) / mutants.length);
}

function row(name: string, mutants: readonly MutantResult[], seconds: number): string {
  const numbers = [String(mutants.length), String(survivors(mutants)), `${score(mutants).toFixed(1)} %`, seconds.toFixed(0)];
  return [name.padEnd(20), ...numbers.map((text, column) => text.padStart([9, 10, 8, 8][column] ?? 0))].join('');
}
