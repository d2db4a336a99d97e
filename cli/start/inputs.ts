import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { readableText } from '../../local/ui/readable.ts';

/** A file of the user's and the key it is uploaded under. */
export interface Input {
  readonly path: string;
  readonly key: string;
}

/** A path that cannot be used; the message is for the user. */
export class InputError extends Error {
  readonly code = 'INVALID_INPUT';
  override readonly name = 'InputError';
}

/**
 * Finds the files behind the given paths: files themselves, and of folders every file inside that is not hidden.
 * @param leaveOut a folder that is not searched: results of an earlier run are no input
 * @param prefix put before every key
 * @throws {InputError} naming the path that is missing, unreadable or empty
 */
export async function gatherInputs(paths: readonly string[], leaveOut: string, prefix: string): Promise<Input[]> {
  const inputs = new Map<string, string>();
  const keys = new Set<string>();
  for (const path of paths) {
    for (const [file, name] of await filesBehind(path, leaveOut)) {
      if (!inputs.has(file)) inputs.set(file, unusedKey(prefix + name, keys));
    }
  }
  return [...inputs].map(([path, key]) => ({ path, key }));
}

/** Absolute paths and their names below the given path. */
async function filesBehind(path: string, leaveOut: string): Promise<[file: string, name: string][]> {
  if (path === '')
    throw new InputError('A path is empty, perhaps a variable without a value. Give paths that exist, or none to run on sample photos.');
  const start = resolve(path);
  const kind = await stat(start).catch((cause) => {
    if (codeOf(cause) !== 'ENOENT') throw unusable(path, cause);
    throw new InputError(`There is no file or folder "${path}". Give paths that exist, or none to run on sample photos.`, { cause });
  });
  if (kind.isFile()) {
    await assertReadable(start);
    return [[start, basename(start)]];
  }
  if (!kind.isDirectory()) throw new InputError(`"${path}" is neither a file nor a folder. Give paths of images or of folders.`);
  const files = await filesBelow(start, resolve(leaveOut));
  if (files.length === 0) {
    throw new InputError(`The folder "${path}" has no files in it (hidden ones do not count). Give a folder that holds images.`);
  }
  return files.sort().map((file) => [file, relative(start, file).split(sep).join('/')]);
}

async function filesBelow(folder: string, leaveOut: string): Promise<string[]> {
  const files: string[][] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw unusable(folder, cause);
  });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || path === leaveOut) continue;
    if (entry.isDirectory()) files.push(await filesBelow(path, leaveOut));
    if (!entry.isFile()) continue;
    await assertReadable(path);
    files.push([path]);
  }
  return files.flat();
}

async function assertReadable(file: string): Promise<void> {
  await access(file, constants.R_OK).catch((cause) => {
    throw unusable(file, cause);
  });
}

function unusable(path: string, cause: unknown): InputError {
  return new InputError(`"${readableText(path)}" cannot be read (${codeOf(cause)}). Make it readable or leave it out.`, { cause });
}

function codeOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : cause;
}

/** Two files of one name from different folders become `name.jpg` and `name (2).jpg`. */
function unusedKey(wanted: string, keys: Set<string>): string {
  const extension = extname(wanted);
  const stem = wanted.slice(0, wanted.length - extension.length);
  let key = wanted;
  for (let copy = 2; keys.has(key); copy++) key = `${stem} (${copy})${extension}`;
  keys.add(key);
  return key;
}
