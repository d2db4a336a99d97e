import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PackageError, writeWhole } from './packaged-file.ts';

const lockedPackageSchema = z.looseObject({
  version: z.string(),
  /** SHA-512 of the tarball, as `sha512-` and base64. */
  integrity: z.string().startsWith('sha512-'),
});
export type LockedPackage = z.infer<typeof lockedPackageSchema>;

const lockFileSchema = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), z.unknown()) });

/**
 * Returns the lock file's entry for the package in a folder such as `node_modules/sharp`.
 * @throws {PackageError} if there is no entry, or one without an integrity
 */
export type LockFile = (folder: string) => LockedPackage;

/** Reads package-lock.json. */
export async function readLockFile(root: string): Promise<LockFile> {
  const { packages } = lockFileSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  return (folder) => {
    const parsed = lockedPackageSchema.safeParse(packages[folder]);
    if (parsed.success) return parsed.data;
    throw new PackageError(
      `package-lock.json has no entry with an integrity for ${folder}, so it cannot be packaged. Run \`npm install\` to complete the file.`,
    );
  };
}

/**
 * Returns a package's tarball, byte for byte as locked, from the cache in node_modules or through npm. Checks it on every call, because
 * files on disk can change.
 * @throws {PackageError} if the tarball cannot be downloaded or does not match the lock file
 */
export async function lockedTarball(
  root: string,
  name: string,
  { version, integrity }: LockedPackage,
  download = downloadTarball,
): Promise<Buffer> {
  const path = join(root, 'node_modules', '.cache', 'image-pipeline', `${name.replace('/', '-')}-${version}.tgz`);
  const cached = await readFile(path).catch(() => undefined);
  // A damaged or modified copy counts as missing.
  if (cached !== undefined && integrityOf(cached) === integrity) return cached;
  const tarball = await download(`${name}@${version}`);
  const received = integrityOf(tarball);
  if (received !== integrity) {
    throw new PackageError(
      `${name}@${version} from the registry does not match package-lock.json: its integrity is ${received}, not ${integrity}. Find out why before you trust either.`,
    );
  }
  await writeWhole(path, tarball);
  return tarball;
}

const execute = promisify(execFile);

/**
 * Downloads the tarball of a package, such as `sharp@0.35.5`, with `npm pack`, which uses the user's registry and cache. `npm install`
 * would refuse packages for other platforms and run scripts.
 * @throws {PackageError} with npm's reason
 */
export async function downloadTarball(specifier: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'download-'));
  // `npm run --silent` passes its log level on to npm pack, which would then hide the reason for a failure.
  const options = ['--pack-destination', folder, '--prefer-offline', '--fetch-retries=1', '--loglevel=error'];
  try {
    await execute('npm', ['pack', specifier, ...options], { cwd: folder, shell: process.platform === 'win32' });
    const [tarball = ''] = await readdir(folder);
    return await readFile(join(folder, tarball));
  } catch (error) {
    throw new PackageError(
      `Cannot download ${specifier}, which this architecture needs: ${npmReason(error)}. Check the connection to the npm registry and try again. Downloads are cached in node_modules/.cache.`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the code and the first sentence of npm's error output. */
function npmReason(error: unknown): string {
  const output = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  const lines = output.split('\n').flatMap((line) => line.match(/^npm (?:error|ERR!) (?:code )?(?!syscall|errno)(.+)/)?.[1] ?? []);
  return lines.slice(0, 2).join(', ') || String(error);
}

/**
 * Unpacks a package's tarball into an existing folder.
 * @throws {PackageError} if `tar` fails
 */
export function unpackTarball(tarball: Buffer, folder: string): void {
  const { status, error, stderr } = spawnSync('tar', ['-xzf', '-', '-C', folder, '--strip-components=1'], { input: tarball });
  if (status === 0) return;
  const reason = error?.message ?? stderr.toString().trim();
  throw new PackageError(`Cannot unpack a package: ${reason}. Check that \`tar\` is installed and that the disk is not full.`, {
    cause: error,
  });
}

/** Formats the SHA-512 as npm does in the lock file. */
function integrityOf(tarball: Buffer): string {
  return `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
}
