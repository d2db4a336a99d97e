import { isPresetName, PRESET_NAMES, PRESETS, type PresetName } from './presets.ts';
import { type PipelineSettings, type PipelineSettingsInput, parseSettings, SettingsError } from './settings.ts';

/** All but what names the deployment and picks its package: those come from the environment alone. */
type Overrides = Partial<Omit<PipelineSettingsInput, 'preset' | 'environmentSuffix' | 'architecture'>>;

/** What differs from the preset in your deployment: edit here, for every environment or by its suffix. */
const OVERRIDES: Partial<Record<PresetName, (environmentSuffix: string) => Overrides>> = {};

/** The settings of a preset with this environment's overrides. */
export function deploymentOf(preset: PresetName, environmentSuffix: string, architecture: string): PipelineSettings {
  return parseSettings({
    ...PRESETS[preset](environmentSuffix),
    ...OVERRIDES[preset]?.(environmentSuffix),
    environmentSuffix,
    architecture,
  });
}

/**
 * Which deployments to synthesize, from the environment: `ENVIRONMENT_SUFFIX` (default `dev`), `LAMBDA_ARCHITECTURE` (default
 * `arm64`) and `PRESETS` (comma-separated, default all).
 * @throws {SettingsError} naming the variable or the setting that is wrong
 */
export function deploymentsFrom(environment: Readonly<Record<string, string | undefined>>): PipelineSettings[] {
  const names = (environment.PRESETS || PRESET_NAMES.join(',')).split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !isPresetName(name));
  if (unknown.length > 0) {
    throw new SettingsError(
      `PRESETS names ${unknown.map((name) => `"${name}"`).join(', ')}, which is not a preset; allowed: ${PRESET_NAMES.join(', ')}.`,
    );
  }
  return [...new Set(names.filter(isPresetName))].map((name) =>
    deploymentOf(name, environment.ENVIRONMENT_SUFFIX || 'dev', environment.LAMBDA_ARCHITECTURE || 'arm64'),
  );
}
