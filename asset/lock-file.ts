import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Architecture } from './architecture.ts';
import { PackageError } from './package-error.ts';

const lockedPackageSchema = z.looseObject({
  version: z.string(),
  /** What npm checks the download against. */
  integrity: z.string().startsWith('sha512-'),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
export type LockedPackage = z.infer<typeof lockedPackageSchema>;

const lockFileSchema = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), z.unknown()) });

/**
 * The packages that hold sharp's native code for Lambda on a CPU, by name, as the lock file has them: the addon and libvips.
 * @throws {PackageError} when the lock file lacks one of them or its integrity
 */
export async function lockedNativePackages(root: string, { nodeCpu }: Architecture): Promise<Record<string, LockedPackage>> {
  const { packages } = lockFileSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  const locked = (name: string): LockedPackage => {
    const parsed = lockedPackageSchema.safeParse(packages[`node_modules/${name}`]);
    if (parsed.success) return parsed.data;
    throw new PackageError(
      `package-lock.json has no ${name} with an integrity, so sharp cannot be packaged for ${nodeCpu}. Run \`npm install\` with sharp in the dependencies to complete it.`,
    );
  };
  const addon = `@img/sharp-linux-${nodeCpu}`;
  const libvips = `@img/sharp-libvips-linux-${nodeCpu}`;
  return { [addon]: locked(addon), [libvips]: locked(libvips) };
}
