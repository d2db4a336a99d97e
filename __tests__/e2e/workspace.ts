import { join } from 'node:path';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import { stackId } from '../../config/settings.ts';

/** Of every deployment in this run. */
export const ENVIRONMENT_SUFFIX = 'ci';

/** What a run prepares once for all its tests. */
export interface Workspace {
  /** Looks like the project, with a cdktf.out and later the states of its own; it is removed after the run. */
  readonly folder: string;
  /** Path of the Node that runs the function. */
  readonly node: string;
}

/** Tells the tests, which run in processes of their own, where everything is. */
export function handOver({ folder, node }: Workspace): Record<string, string> {
  return { E2E_FOLDER: folder, E2E_NODE: node };
}

/** What the run has prepared for this test. */
export function workspace(): Workspace {
  const { E2E_FOLDER: folder, E2E_NODE: node } = process.env;
  if (folder === undefined || node === undefined)
    throw new Error('The end-to-end tests need what `npm run e2e` prepares: run them with it.');
  return { folder, node };
}

export function stackOf(preset: PresetName): string {
  return stackId({ preset, environmentSuffix: ENVIRONMENT_SUFFIX });
}

/** Where the JSON of a stack stands, and Terraform runs. */
export function stackFolder(folder: string, preset: PresetName): string {
  return join(folder, 'cdktf.out', 'stacks', stackOf(preset));
}

export function stackFolders(folder: string): string[] {
  return PRESET_NAMES.map((preset) => stackFolder(folder, preset));
}
