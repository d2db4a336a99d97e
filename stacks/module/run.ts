import { join } from 'node:path';
import { Command, Option } from 'commander';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import { parseSettings, SettingsError } from '../../config/settings.ts';
import { MissingPackageError } from '../parts/function-code.ts';
import { writeModule } from './terraform-module.ts';

new Command('npm run module --')
  .description('Write a preset as a plain Terraform JSON module to dist/module/PRESET.')
  .addOption(new Option('--preset <preset>', 'the preset to write').choices(PRESET_NAMES).makeOptionMandatory())
  .option('--region <region>', 'AWS region to write the module for (default: that of the preset)')
  .addHelpText(
    'after',
    '\nENVIRONMENT_SUFFIX (default dev) and LAMBDA_ARCHITECTURE (default arm64) are\nread as for npm run synth; config/deployments.ts applies.',
  )
  .action(({ preset, region }: { preset: PresetName; region?: string }) => {
    try {
      const settings = deploymentOf(preset, process.env.ENVIRONMENT_SUFFIX || 'dev', process.env.LAMBDA_ARCHITECTURE || 'arm64');
      const folder = join('dist', 'module', preset);
      writeModule(region === undefined ? settings : parseSettings({ ...settings, region }), folder);
      console.log(folder);
    } catch (error) {
      if (!(error instanceof SettingsError || error instanceof MissingPackageError)) throw error;
      console.error(error.message);
      process.exitCode = 1;
    }
  })
  .parse();
