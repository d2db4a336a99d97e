import { type Command, InvalidArgumentError, Option } from 'commander';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import type { PipelineSettings } from '../../config/settings.ts';
import { ACCOUNT_CONCURRENCY, NEW_TABLE_WRITES } from '../estimate/limits.ts';
import { figure } from '../estimate/report.ts';
import { asShipped } from '../estimate/scale-tables.ts';
import { assumedMilliseconds, perImage } from '../estimate/workload.ts';
import { numberBetween, OperatorError, positiveNumber, wholeNumber } from '../pipeline/command-line.ts';
import { jsonDocument } from '../terminal/text.ts';
import { resultText } from './report.ts';
import { simulationTables } from './scale-tables.ts';
import { burstSeconds, DAY, type Scenario, simulate } from './simulation.ts';

const NOTES = `
A day of uploads, second by second: random arrivals with bursts, the scaling of
Lambda (1,000 executions every 10 s), its queue (throttled events wait longer
each time, for up to six hours; failed ones are retried twice) and the limits of
DynamoDB and S3. The same options and seed give the same result.

The bursts are part of the load of the day. Their number × their minutes × the
peak factor must be at most 1,440, the minutes of a day.

Not simulated: cold starts, invocations of different durations, and the retries
inside the AWS SDK, which hide short excesses of the limits.`;

const DEFAULTS = {
  peakFactor: 10,
  bursts: 4,
  burstMinutes: 15,
  prefixes: 1,
  warmWrites: NEW_TABLE_WRITES,
  lostShare: 0,
  reconcileHours: 6,
  batchPhotos: 0,
  batchConcurrency: 50,
  seed: 1,
} as const satisfies Partial<Scenario>;

interface SimulateOptions
  extends Omit<Scenario, 'imagesPerDay' | 'peakFactor' | 'tableWrites' | 'renditions' | 'milliseconds' | 'concurrency' | 'lostShare'> {
  readonly preset: PresetName;
  readonly imagesPerDay?: number;
  readonly milliseconds?: number;
  readonly concurrency?: number;
  readonly peak: number;
  readonly lost: number;
  readonly json: boolean;
  readonly scale: boolean;
}

/** Adds `simulate` to the commands. */
export function register(program: Command): void {
  program
    .command('simulate')
    .description('Simulate a day of bursts: backlog, concurrency and the time to drain. Needs no AWS account.')
    .addOption(new Option('-p, --preset <name>', 'preset to simulate').choices(PRESET_NAMES).default('photo-sharing'))
    .option('--images-per-day <number>', 'load (default: the one the preset is planned for)', positiveNumber)
    .option('--milliseconds <number>', 'duration of an invocation (default: assumed for 12 megapixels)', positiveNumber)
    .option('--concurrency <number>', 'maximum concurrent executions (default: the preset’s, or 1,000)', positiveNumber)
    .option('--peak <factor>', 'rate of a burst as a multiple of the average rate, at least 1', peakFactor, DEFAULTS.peakFactor)
    .option('--bursts <number>', 'bursts a day', wholeNumber, DEFAULTS.bursts)
    .option('--burst-minutes <number>', 'length of a burst, at most 1,440', burstMinutes, DEFAULTS.burstMinutes)
    .option('--prefixes <number>', 'prefixes that the keys are spread over', positiveNumber, DEFAULTS.prefixes)
    .option('--warm-writes <number>', 'write units a second that the table is prepared for', positiveNumber, DEFAULTS.warmWrites)
    .option('--lost <percent>', 'percentage of the events that are lost, and found by a reconciliation', numberBetween(0, 100), 0)
    .option('--reconcile-hours <number>', 'hours between reconciliations', positiveNumber, DEFAULTS.reconcileHours)
    .option('--batch-photos <number>', 'photos of a batch job that begins with the day', wholeNumber, DEFAULTS.batchPhotos)
    .option('--batch-concurrency <number>', 'concurrent executions of the batch job', positiveNumber, DEFAULTS.batchConcurrency)
    .option('--seed <number>', 'seed of the random numbers', wholeNumber, DEFAULTS.seed)
    .option('--json', 'print one JSON document', false)
    .addOption(new Option('--scale', 'print the tables of docs/scale.md instead').default(false).conflicts('json'))
    .addHelpText('after', NOTES)
    .action((options: SimulateOptions) => {
      process.stdout.write(
        options.scale ? simulationTables((changes) => scenarioOf(asShipped('photo-sharing'), changes)) : output(options),
      );
    });
}

function peakFactor(text: string): number {
  const value = positiveNumber(text);
  if (value < 1) throw new InvalidArgumentError(`"${text}" is below 1; a burst is at least as fast as the average.`);
  return value;
}

function burstMinutes(text: string): number {
  const value = Number(text);
  const seconds = burstSeconds({ burstMinutes: value });
  if (!(seconds >= 1 && seconds <= DAY)) {
    throw new InvalidArgumentError(`"${text}" is not a number of minutes from a second (0.017) to a day (1440).`);
  }
  return value;
}

function output({ preset, peak, lost, json, scale: _, ...options }: SimulateOptions): string {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const scenario = scenarioOf(deploymentOf(preset, 'dev', 'arm64'), { ...given, peakFactor: peak, lostShare: lost / 100 });
  requireLoadForBursts(scenario);
  const result = simulate(scenario);
  return json ? jsonDocument({ scenario, result }) : resultText(scenario, result);
}

/** @throws {OperatorError} if the bursts alone have more uploads than the day */
function requireLoadForBursts(scenario: Scenario): void {
  const { bursts, burstMinutes: minutes, peakFactor: peak } = scenario;
  const seconds = bursts * burstSeconds(scenario) * peak;
  if (seconds <= DAY) return;
  throw new OperatorError(
    `The bursts alone exceed the load of the day: --bursts ${bursts} × --burst-minutes ${minutes} × --peak ${peak} is ${figure(Math.ceil(seconds / 60))}, and must be at most 1,440, the minutes of a day. Lower --bursts, --burst-minutes or --peak.`,
  );
}

/** Completes a scenario with the values of a deployment and with defaults. */
export function scenarioOf(settings: PipelineSettings, changes: Partial<Scenario>): Scenario {
  const { reservedConcurrency, memoryMb } = settings.function;
  const one = perImage({ settings, megapixels: 12 });
  return {
    imagesPerDay: settings.imagesPerDay,
    ...DEFAULTS,
    milliseconds: assumedMilliseconds(memoryMb, 12),
    concurrency: reservedConcurrency < 0 ? ACCOUNT_CONCURRENCY : reservedConcurrency,
    tableWrites: one.tableWrites + one.indexWrites,
    renditions: settings.recipe.renditions.length,
    ...changes,
  };
}
