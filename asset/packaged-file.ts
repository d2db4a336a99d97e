import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the project's folder, which holds package-lock.json and dist/. */
export const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A file of the function's package. */
export interface PackagedFile {
  /** Relative to the root of the package, with `/` between segments. */
  readonly path: string;
  readonly content: Buffer;
}

/** The package cannot be built. The message is all that a user sees: it gives the reason and the next step. */
export class PackageError extends Error {
  readonly code = 'PACKAGE_FAILED';
  override readonly name = 'PackageError';
}

/** Writes a file atomically, so that a reader never sees half of it. */
export async function writeWhole(path: string, content: Buffer | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    await writeFile(draft, content);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
