import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PackageError } from './package-error.ts';

const execute = promisify(execFile);

/**
 * Fetches the tarball of a package, such as `sharp@0.35.5`, through npm, with the user's registry and cache. Not `npm install`, which
 * refuses what is not for this machine and runs scripts.
 * @throws {PackageError} in npm's words
 */
export async function downloadTarball(specifier: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'download-'));
  // The level is set because `npm run --silent` passes its silence on, and with it goes the reason of a failure.
  const options = ['--pack-destination', folder, '--prefer-offline', '--fetch-retries=1', '--loglevel=error'];
  try {
    await execute('npm', ['pack', specifier, ...options], { cwd: folder, shell: process.platform === 'win32' });
    const [tarball = ''] = await readdir(folder);
    return await readFile(join(folder, tarball));
  } catch (error) {
    throw new PackageError(
      `${specifier}, which this architecture needs, cannot be fetched: ${npmReason(error)}. Check the connection to the npm registry and try again; once fetched, it is kept under node_modules/.cache.`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** npm's own words: the code and the first sentence of its complaint. */
function npmReason(error: unknown): string {
  const output = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  const lines = output.split('\n').flatMap((line) => line.match(/^npm (?:error|ERR!) (?:code )?(?!syscall|errno)(.+)/)?.[1] ?? []);
  return lines.slice(0, 2).join(', ') || String(error);
}
