import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';

/**
 * The folder of results. Files appear in it complete or not at all, under names made from keys, which are anyone's choice: no key
 * leads out of the folder, onto another key's file or onto a file that is to be kept.
 */
export class OutputFolder {
  readonly root: string;
  /** Beside the results, so that a finished file moves into place in one step. */
  readonly #unfinished: string;
  #written = 0;
  readonly #names = new TakenNames();

  /** Creates the folder if it is not there. Call `close` at the end. */
  static async open(root: string): Promise<OutputFolder> {
    await mkdir(root, { recursive: true });
    return new OutputFolder(resolve(root), await mkdtemp(join(root, '.unfinished-')));
  }

  private constructor(root: string, unfinished: string) {
    this.root = root;
    this.#unfinished = unfinished;
  }

  /** Keeps a file that may stand in the folder from being replaced. */
  keep(path: string): void {
    this.#names.take(relative(this.root, resolve(path)));
  }

  /**
   * Reserves the path for a key, the same name as far as that is safe.
   * @param extensions what the name may end with; the first is appended when it ends otherwise
   */
  reserve(key: string, extensions: readonly string[] = []): string {
    const [extension = ''] = extensions;
    let name = safePath(extensions.includes(extname(key).toLowerCase()) ? key : key + extension);
    // More than once where a hostile key anticipates the name.
    while (!this.#names.isFree(name)) name = flatName(name, key + name);
    this.#names.take(name);
    return join(this.root, name);
  }

  /** Writes a file to a path that was reserved. */
  async write(path: string, content: Buffer | string): Promise<void> {
    const unfinished = join(this.#unfinished, String(this.#written++));
    await writeFile(unfinished, content);
    await mkdir(dirname(path), { recursive: true });
    await rename(unfinished, path);
  }

  /** Removes what was not finished. */
  async close(): Promise<void> {
    await rm(this.#unfinished, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Files and folders in use; letter case and composition of accents do not tell names apart, as on macOS and Windows. */
class TakenNames {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();

  isFree(path: string): boolean {
    const name = folded(path);
    return !this.#files.has(name) && !this.#folders.has(name) && !foldersOf(name).some((folder) => this.#files.has(folder));
  }

  take(path: string): void {
    const name = folded(path);
    this.#files.add(name);
    for (const folder of foldersOf(name)) this.#folders.add(folder);
  }
}

const folded = (path: string): string => path.normalize('NFC').toLowerCase();

function foldersOf(path: string): string[] {
  const segments = path.split('/').slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

/** Control characters, halves of surrogate pairs, marks that reverse the reading direction, and what Windows refuses. */
const UNSAFE = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"\\|?*]/gu;

/** Longest name of a file, in bytes of UTF-8; file systems allow 255. */
const MAX_NAME_BYTES = 200;

function safePath(key: string): string {
  const segments = key.split('/').map((segment) => segment.replace(UNSAFE, '_').replace(/^\.+|[. ]+$|^$/g, '_'));
  const path = segments.join('/');
  return segments.every((segment) => Buffer.byteLength(segment) <= MAX_NAME_BYTES) ? path : flatName(path, key);
}

/** A name without folders that no other key has. */
function flatName(path: string, key: string): string {
  const extension = extname(path).slice(0, 10);
  const stem = Buffer.from(basename(path, extname(path)))
    .subarray(0, MAX_NAME_BYTES - 40)
    .toString()
    .replace(/\ufffd+$/, '');
  return `${stem}~${createHash('sha256').update(key).digest('hex').slice(0, 12)}${extension}`;
}
