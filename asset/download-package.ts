import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LockedPackage } from './lock-file.ts';
import { PackageError } from './package-error.ts';

const execute = promisify(execFile);

/**
 * Downloads a locked package through npm, with the user's registry and cache, and unpacks it into a folder. Not `npm install`, which
 * refuses what is not for this machine and runs scripts.
 * @throws {PackageError} when it cannot be fetched or is not what the lock file says
 */
export async function downloadPackage(name: string, { version, integrity }: LockedPackage, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const download = await mkdtemp(join(folder, 'download-'));
  const tarball = await npmPack(`${name}@${version}`, download);
  const received = `sha512-${createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')}`;
  if (received !== integrity) {
    throw new PackageError(
      `${name}@${version} from the registry is not the package that package-lock.json was made with: its integrity is ${received}, not ${integrity}. Find out why before you trust either.`,
    );
  }
  await unpack(tarball, folder);
  await rm(download, { recursive: true });
}

/** Fetches a package's tarball and gives its path. */
async function npmPack(specifier: string, folder: string): Promise<string> {
  // The level is set because `npm run --silent` passes its silence on, and with it goes the reason of a failure.
  const options = ['--pack-destination', folder, '--fetch-retries=1', '--loglevel=error'];
  try {
    await execute('npm', ['pack', specifier, ...options], { cwd: folder, shell: process.platform === 'win32' });
  } catch (error) {
    throw new PackageError(
      `${specifier}, which this architecture needs, cannot be fetched: ${npmReason(error)}. Check the connection to the npm registry and try again; once fetched, it is kept under node_modules/.cache.`,
      { cause: error },
    );
  }
  const [tarball = ''] = await readdir(folder);
  return join(folder, tarball);
}

async function unpack(tarball: string, folder: string): Promise<void> {
  try {
    await execute('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
  } catch (error) {
    throw new PackageError(`${tarball} cannot be unpacked: ${error}. Install \`tar\` and make sure that the disk is not full.`, {
      cause: error,
    });
  }
}

/** npm's own words: the code and the first sentence of its complaint. */
function npmReason(error: unknown): string {
  const output = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  const lines = output.split('\n').flatMap((line) => line.match(/^npm (?:error|ERR!) (?:code )?(?!syscall|errno)(.+)/)?.[1] ?? []);
  return lines.slice(0, 2).join(', ') || String(error);
}
