import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** What a package is made from. The lock file stands for every library, esbuild and yazl included. */
const INPUTS = ['asset', 'lambda-src'];

/** Identifies what is packaged and for which target: the same fingerprint means the same package. 64 hexadecimal characters. */
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

/** The files of a folder and its subfolders, as paths. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
