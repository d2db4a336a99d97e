import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { OutputFolder } from '../../local/run/output-folder.ts';
import { readableText } from '../../local/ui/readable.ts';

/** A file and the key to upload it under. */
export interface Input {
  readonly path: string;
  readonly key: string;
}

/** A path or an option that cannot be used; the message is for the user. */
export class InputError extends Error {
  readonly code = 'INVALID_INPUT';
  override readonly name = 'InputError';
}

/**
 * Collects the given files, and every file in the given folders and their subfolders that is not hidden.
 * @param leaveOut the output folder, which is not searched
 * @param prefix begins every key
 * @throws {InputError} naming the path that is missing, unreadable or empty
 */
export async function gatherInputs(paths: readonly string[], leaveOut: string, prefix: string): Promise<Input[]> {
  const inputs = new Map<string, string>();
  const keys = new Set<string>();
  for (const path of paths) {
    for (const [file, name] of await filesAt(path, leaveOut)) {
      if (!inputs.has(file)) inputs.set(file, unusedKey(prefix + name, keys));
    }
  }
  return [...inputs].map(([path, key]) => ({ path, key }));
}

/** Returns absolute paths with their names relative to the given path. */
async function filesAt(path: string, leaveOut: string): Promise<[file: string, name: string][]> {
  if (path === '')
    throw new InputError(
      'A path is empty, perhaps because a variable has no value. Give paths that exist, or none to run on sample photos.',
    );
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
  const files = await filesIn(start, resolve(leaveOut));
  if (files.length === 0) {
    throw new InputError(`The folder "${path}" has no files in it (hidden ones are skipped). Give a folder with images.`);
  }
  return files.sort().map((file) => [file, relative(start, file).split(sep).join('/')]);
}

async function filesIn(folder: string, leaveOut: string): Promise<string[]> {
  const files: string[][] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw unusable(folder, cause);
  });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || path === leaveOut) continue;
    if (entry.isDirectory()) files.push(await filesIn(path, leaveOut));
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

/** Files of the same name from different folders become `name.jpg` and `name (2).jpg`. */
function unusedKey(wanted: string, keys: Set<string>): string {
  const extension = extname(wanted);
  const stem = wanted.slice(0, wanted.length - extension.length);
  let key = wanted;
  for (let copy = 2; keys.has(key); copy++) key = `${stem} (${copy})${extension}`;
  keys.add(key);
  return key;
}

/**
 * Checks that the state folder can be used, before it is opened.
 * @throws {InputError} if it is not allowed, empty, or overlaps the output folder
 */
export function checkStateFolder(state: string, { serve, out }: { serve: boolean; out: string }): void {
  if (!serve) throw new InputError('--state requires --serve: a run on photos keeps only its results.');
  if (state === '') throw new InputError('--state names no folder. Name an empty or a new one.');
  const [one, other] = [resolve(state), resolve(out)];
  if (`${one}${sep}`.startsWith(`${other}${sep}`) || `${other}${sep}`.startsWith(`${one}${sep}`)) {
    throw new InputError(`--state and --out must be separate folders, not "${state}" and "${out}".`);
  }
}

/**
 * Opens the output folder.
 * @throws {InputError} if it cannot be written
 */
export async function openOutput(folder: string): Promise<OutputFolder> {
  return OutputFolder.open(folder).catch((cause: Error) => {
    throw new InputError(`The output folder "${folder}" cannot be used (${cause.message}). Name another with --out.`, { cause });
  });
}
