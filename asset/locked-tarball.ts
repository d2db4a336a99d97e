import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadTarball } from './download-tarball.ts';
import type { LockedPackage } from './lock-file.ts';
import { PackageError } from './package-error.ts';
import { writeWhole } from './packaged-file.ts';

/**
 * A package byte for byte as the lock file has it: from the cache in node_modules, else through npm. Checked on every call, because files
 * on a disk change.
 * @throws {PackageError} when it cannot be fetched or is not what the lock file says
 */
export async function lockedTarball(
  root: string,
  name: string,
  { version, integrity }: LockedPackage,
  download = downloadTarball,
): Promise<Buffer> {
  const path = join(root, 'node_modules', '.cache', 'image-pipeline', `${name.replace('/', '-')}-${version}.tgz`);
  const kept = await readFile(path).catch(() => undefined);
  // A copy that is damaged or was changed is as good as none.
  if (kept !== undefined && integrityOf(kept) === integrity) return kept;
  const tarball = await download(`${name}@${version}`);
  const received = integrityOf(tarball);
  if (received !== integrity) {
    throw new PackageError(
      `${name}@${version} from the registry is not the package that package-lock.json was made with: its integrity is ${received}, not ${integrity}. Find out why before you trust either.`,
    );
  }
  await writeWhole(path, tarball);
  return tarball;
}

/** Unpacks a package's tarball into a folder that is there. */
export function unpackTarball(tarball: Buffer, folder: string): void {
  const { status, error, stderr } = spawnSync('tar', ['-xzf', '-', '-C', folder, '--strip-components=1'], { input: tarball });
  if (status === 0) return;
  const reason = error?.message ?? stderr.toString().trim();
  throw new PackageError(`A package cannot be unpacked: ${reason}. Install \`tar\` and make sure that the disk is not full.`, {
    cause: error,
  });
}

/** As npm writes it into the lock file. */
function integrityOf(tarball: Buffer): string {
  return `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
}
