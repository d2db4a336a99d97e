import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Folders that a package is built from. The lock file pins every library, including esbuild and fflate. */
const INPUTS = ['asset', 'lambda-src'];

/** Returns a hash of the sources and the target, as 64 hexadecimal characters. The same fingerprint means the same package. */
export async function fingerprintOf(root: string, target: string): Promise<string> {
  const folders = await Promise.all(INPUTS.map((folder) => filesUnder(join(root, folder))));
  const paths = [join(root, 'package-lock.json'), ...folders.flat()].toSorted();
  const hash = createHash('sha256').update(JSON.stringify(target));
  for (const path of paths) {
    const content = await readFile(path);
    const name = relative(root, path).split(sep).join('/');
    hash.update(JSON.stringify([name, content.length])).update(content);
  }
  return hash.digest('hex');
}

/** Returns the paths of all files in a folder and its subfolders. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
