import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PackageError } from './package-error.ts';

const lockedPackageSchema = z.looseObject({
  version: z.string(),
  /** What npm checks the download against. */
  integrity: z.string().startsWith('sha512-'),
});
export type LockedPackage = z.infer<typeof lockedPackageSchema>;

const lockFileSchema = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), z.unknown()) });

/** Gives what the lock file says of the package in a folder such as `node_modules/sharp`. */
export type LockFile = (folder: string) => LockedPackage;

/** Reads package-lock.json. What it gives throws a `PackageError` for a package that the file lacks, or has without an integrity. */
export async function readLockFile(root: string): Promise<LockFile> {
  const { packages } = lockFileSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  return (folder) => {
    const parsed = lockedPackageSchema.safeParse(packages[folder]);
    if (parsed.success) return parsed.data;
    throw new PackageError(
      `package-lock.json has no ${folder} with an integrity, so it cannot be packaged. Run \`npm install\`, which completes the file.`,
    );
  };
}
