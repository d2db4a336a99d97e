import { type Command, InvalidArgumentError, Option } from 'commander';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import { positiveNumber } from '../pipeline/command-line.ts';
import { jsonDocument, paintFor } from '../terminal/text.ts';
import { compare } from './compare.ts';
import { estimate, type LoadOptions } from './estimate.ts';
import { compareText, estimateText, pricesText } from './report.ts';
import { scaleTables } from './scale-tables.ts';

interface EstimateOptions extends Pick<LoadOptions, 'imagesPerDay' | 'megapixels' | 'milliseconds'> {
  readonly preset: PresetName;
  readonly memory?: number;
  readonly peak?: number;
  readonly compare: boolean;
  readonly prices: boolean;
  readonly json: boolean;
  readonly scale: boolean;
}

/** Adds `estimate` to the commands. */
export function register(program: Command): void {
  program
    .command('estimate')
    .description('Estimate the monthly cost and the first bottleneck of a load. Needs no AWS account.')
    .addOption(new Option('-p, --preset <name>', 'preset to estimate').choices(PRESET_NAMES).default('photo-sharing'))
    .option('--images-per-day <number>', 'load (default: the one the preset is planned for)', positiveNumber)
    .option('--megapixels <number>', 'size of an average original (default: 12)', positiveNumber)
    .option('--milliseconds <number>', 'duration of an average invocation (default: assumed from megapixels and memory)', positiveNumber)
    .option('--memory <megabytes>', 'memory of the function, 128 to 10,240 (default: the preset’s)', lambdaMemory)
    .option('--peak <factor>', 'peak rate as a multiple of the average rate (default: 10)', positiveNumber)
    .option('--json', 'print one JSON document', false)
    .addOption(new Option('--compare', 'show memory sizes and architectures side by side').default(false).conflicts(['scale', 'prices']))
    .addOption(new Option('--prices', 'list the prices, with their sources and dates').default(false).conflicts(['scale', 'json']))
    .addOption(new Option('--scale', 'print the tables of docs/scale.md instead').default(false).conflicts('json'))
    .action((options: EstimateOptions) => {
      process.stdout.write(outputOf(options));
    });
}

/** Parses the memory of a function in MB (range: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
function lambdaMemory(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 128 && value <= 10_240)) {
    throw new InvalidArgumentError(`"${text}" is not a whole number from 128 to 10,240, the MB that Lambda offers.`);
  }
  return value;
}

function outputOf({ preset, json, memory, peak, scale, compare: comparing, prices, ...load }: EstimateOptions): string {
  if (scale) return scaleTables();
  if (prices) return pricesText();
  const deployment = deploymentOf(preset, 'dev', 'arm64');
  const options = { ...load, memoryMb: memory, peakFactor: peak };
  const paint = paintFor(process.stdout);
  if (comparing) {
    const choices = compare(deployment, options);
    return json ? jsonDocument(choices) : compareText(choices, estimate(deployment, options), paint);
  }
  const result = estimate(deployment, options);
  return json ? jsonDocument(result) : estimateText(result, paint);
}
