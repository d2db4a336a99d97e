import { join } from 'node:path';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import { stackId } from '../../config/settings.ts';

/** Environment suffix of every deployment in this run. */
export const ENVIRONMENT_SUFFIX = 'ci';

/** What a run prepares for all tests. */
export interface Workspace {
  /** A copy of the project with its own cdktf.out and states; removed after the run. */
  readonly folder: string;
  /** Path of the Node that runs the function. */
  readonly node: string;
}

/** Passes the workspace to the tests, which run in separate processes. */
export function handOver({ folder, node }: Workspace): Record<string, string> {
  return { E2E_FOLDER: folder, E2E_NODE: node };
}

/** Returns what the run has prepared. */
export function workspace(): Workspace {
  const { E2E_FOLDER: folder, E2E_NODE: node } = process.env;
  if (folder === undefined || node === undefined) throw new Error('Run the end-to-end tests with `npm run e2e`, which prepares them.');
  return { folder, node };
}

export function stackOf(preset: PresetName): string {
  return stackId({ preset, environmentSuffix: ENVIRONMENT_SUFFIX });
}

/** Returns the folder of a stack's JSON, where Terraform runs. */
export function stackFolder(folder: string, preset: PresetName): string {
  return join(folder, 'cdktf.out', 'stacks', stackOf(preset));
}

export function stackFolders(folder: string): string[] {
  return PRESET_NAMES.map((preset) => stackFolder(folder, preset));
}
