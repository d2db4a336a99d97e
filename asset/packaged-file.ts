import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the project, where package-lock.json and dist/ stand. */
export const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A file as the function finds it. */
export interface PackagedFile {
  /** Relative to the function's folder, with `/` between segments. */
  readonly path: string;
  readonly content: Buffer;
}

/** Writes a file so that nobody ever reads half of it. */
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
