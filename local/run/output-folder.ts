import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import type { OutputFormat } from '../../lambda-src/contract/recipe.ts';

/**
 * The output folder. A file appears in it only when it is complete. Their names come from keys, which are untrusted: no key can
 * lead outside the folder or overwrite another key's file or a protected file.
 */
export class OutputFolder {
  readonly root: string;
  /** On the same file system as the results, so that a finished file moves into place atomically. */
  readonly #unfinished: string;
  #written = 0;
  readonly #names = new TakenNames();

  /** Creates the folder if it does not exist. Call `close` at the end. */
  static async open(root: string): Promise<OutputFolder> {
    await mkdir(root, { recursive: true });
    return new OutputFolder(resolve(root), await mkdtemp(join(root, '.unfinished-')));
  }

  private constructor(root: string, unfinished: string) {
    this.root = root;
    this.#unfinished = unfinished;
  }

  /** Protects a file in the folder from being replaced. */
  keep(path: string): void {
    this.#names.take(relative(this.root, resolve(path)));
  }

  /**
   * Reserves a path for a key, with the same name if that is safe.
   * @param extensions allowed extensions; the first is appended if the name has another
   */
  reserve(key: string, extensions: readonly string[] = []): string {
    const [extension = ''] = extensions;
    let name = safePath(extensions.includes(extname(key).toLowerCase()) ? key : key + extension);
    // More than once if a hostile key anticipates the name.
    while (!this.#names.isFree(name)) name = flatName(name, key + name);
    this.#names.take(name);
    return join(this.root, name);
  }

  /** Writes a file to a reserved path. */
  async write(path: string, content: Buffer | string): Promise<void> {
    const unfinished = join(this.#unfinished, String(this.#written++));
    await writeFile(unfinished, content);
    await mkdir(dirname(path), { recursive: true });
    await rename(unfinished, path);
  }

  /** Removes unfinished files. */
  async close(): Promise<void> {
    await rm(this.#unfinished, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Returns the file extensions of a format, the usual one first. */
export function extensionsOf(format: OutputFormat): readonly string[] {
  return format === 'jpeg' ? ['.jpg', '.jpeg'] : [`.${format}`];
}

/** Names in use, ignoring letter case and Unicode normalization, as macOS and Windows do. */
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

/** Control characters, lone surrogates, bidirectional control marks, and characters that Windows does not allow. */
const UNSAFE = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"\\|?*]/gu;

/** Longest file name, in bytes of UTF-8; file systems allow 255. */
const MAX_NAME_BYTES = 200;

function safePath(key: string): string {
  const segments = key.split('/').map((segment) => segment.replace(UNSAFE, '_').replace(/^\.+|[. ]+$|^$/g, '_'));
  const path = segments.join('/');
  return segments.every((segment) => Buffer.byteLength(segment) <= MAX_NAME_BYTES) ? path : flatName(path, key);
}

/** Returns a name without folders that is unique to the key. */
function flatName(path: string, key: string): string {
  const extension = extname(path).slice(0, 10);
  const stem = Buffer.from(basename(path, extname(path)))
    .subarray(0, MAX_NAME_BYTES - 40)
    .toString()
    .replace(/\ufffd+$/, '');
  return `${stem}~${createHash('sha256').update(key).digest('hex').slice(0, 12)}${extension}`;
}
