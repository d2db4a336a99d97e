import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that the tests run and npm does not install, with where to get them. */
const PROGRAMS = {
  terraform: 'https://developer.hashicorp.com/terraform/install',
  moto_server: "pip install 'moto[server]'",
};

/** Without it, the documented commands that use it are left out. */
export const AWS_CLI_IS_HERE = isOnPath('aws');

/** Without it, the package for arm64 cannot be run: its emulator comes from Debian. */
export const ARM64_RUNS_HERE = process.arch === 'arm64' || isOnPath('apt-get');

/** Why the end-to-end tests cannot run on this machine, as the end of a sentence; undefined when they can. */
export function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'the package holds native code for Linux, and this machine runs something else';
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isOnPath(program));
  if (missing.length === 0) return undefined;
  return `they need ${missing.map(([program, source]) => `${program} (${source})`).join(' and ')} on the PATH`;
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
