import { type Command, Option } from 'commander';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import { positiveNumber } from '../pipeline/command-options.ts';
import { paintFor } from '../terminal/paint.ts';
import { estimate } from './estimate.ts';
import { scaleTables } from './scale-tables.ts';
import { tellEstimate } from './tell-estimate.ts';

interface EstimateOptions {
  readonly preset: PresetName;
  readonly imagesPerDay?: number;
  readonly megapixels?: number;
  readonly milliseconds?: number;
  readonly memory?: number;
  readonly peak?: number;
  readonly json: boolean;
  readonly scale: boolean;
}

/** Adds `estimate` to the operator's commands. */
export function register(program: Command): void {
  program
    .command('estimate')
    .description('What a load costs a month and what gives out first as it grows. Needs no AWS account.')
    .addOption(new Option('-p, --preset <name>', 'which of the four systems').choices(PRESET_NAMES).default('photo-sharing'))
    .option('--images-per-day <number>', 'load (default: what the preset is planned for)', positiveNumber)
    .option('--megapixels <number>', 'of an average original (default: 12)', positiveNumber)
    .option('--milliseconds <number>', 'of an average invocation (default: assumed from megapixels and memory)', positiveNumber)
    .option('--memory <megabytes>', 'memory of the function (default: the preset’s)', positiveNumber)
    .option('--peak <factor>', 'how many times the average rate the busiest moments have (default: 10)', positiveNumber)
    .option('--json', 'print one JSON document', false)
    .addOption(new Option('--scale', 'print the tables of docs/scale.md instead').default(false).conflicts('json'))
    .action((options: EstimateOptions) => {
      process.stdout.write(options.scale ? scaleTables() : told(options));
    });
}

function told({ preset, json, memory, peak, ...load }: EstimateOptions): string {
  const answer = estimate(deploymentOf(preset, 'dev', 'arm64'), { ...load, memoryMb: memory, peakFactor: peak });
  return json ? `${JSON.stringify(answer, null, 2)}\n` : tellEstimate(answer, paintFor(process.stdout));
}
