import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that the tests need and npm does not install, with their download pages. */
const PROGRAMS = {
  terraform: 'https://developer.hashicorp.com/terraform/install',
  moto_server: "pip install 'moto[server]'",
};

/** Without it, the documented commands that use it are skipped. */
export const AWS_CLI_IS_HERE = isOnPath('aws');

/** Otherwise the package for arm64 cannot be tested, because its emulator comes from Debian. */
export const ARM64_RUNS_HERE = process.arch === 'arm64' || isOnPath('apt-get');

/** Returns why the end-to-end tests cannot run on this machine, as the end of a sentence; undefined if they can. */
export function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'the package contains native code for Linux, but this machine runs another system';
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
