import { isPresetName, PRESET_NAMES, PRESETS, type PresetName } from './presets.ts';
import { type PipelineSettings, type PipelineSettingsInput, parseSettings, SettingsError } from './settings.ts';

/** Every setting except those that identify the deployment and choose its package, which only the environment sets. */
type Overrides = Partial<Omit<PipelineSettingsInput, 'preset' | 'environmentSuffix' | 'architecture'>>;

/** Your changes to a preset, for every environment or by suffix. Edit here. */
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

/** Memory that every preset needs with HEIC, in MB. */
const MEMORY_WITH_HEIC = 1024;

/** The settings of a preset for this machine. `heic` switches on HEIC, for which the smaller functions then have more memory. */
export function localDeployment(preset: PresetName, { heic = false }: { readonly heic?: boolean } = {}): PipelineSettings {
  const settings = deploymentOf(preset, 'dev', 'x86_64');
  if (!heic) return settings;
  const { memoryMb } = settings.function;
  return parseSettings({ ...settings, heic, function: { ...settings.function, memoryMb: Math.max(memoryMb, MEMORY_WITH_HEIC) } });
}

/**
 * Reads from the environment which deployments to synthesize: `ENVIRONMENT_SUFFIX` (default `dev`), `LAMBDA_ARCHITECTURE` (default
 * `arm64`) and `PRESETS` (comma-separated, default all).
 * @throws {SettingsError} naming the invalid variable or setting
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
