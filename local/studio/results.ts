import type { UploadResult } from '../delivery-results.ts';
import type { OutputFolder } from '../output-folder.ts';
import type { Twin } from '../twin.ts';

/** Objects that finished uploads leave in the memory of the embedded S3, in bytes; what goes beyond is forgotten, the oldest first. */
const MAX_BYTES_KEPT = 192_000_000;

/** Renditions on disk and originals in memory, both within bounds. Files are found by rendition key, never by a path from outside. */
export class Results {
  readonly #twin: Pick<Twin, 'readRendition' | 'remove'>;
  readonly #output: OutputFolder;
  readonly #files: Map<string, string>;
  readonly #kept = new Map<string, number>();
  readonly #onForgotten: (key: string) => void;
  #bytesKept = 0;

  /** @param files paths by rendition key, of all results in the folder */
  constructor(
    twin: Pick<Twin, 'readRendition' | 'remove'>,
    { output, files }: { output: OutputFolder; files: Map<string, string> },
    onForgotten: (key: string) => void,
  ) {
    this.#twin = twin;
    this.#output = output;
    this.#files = files;
    this.#onForgotten = onForgotten;
  }

  /** Writes the renditions of a finished upload to the folder. */
  async save(outputs: UploadResult['outputs']): Promise<void> {
    for (const { key, format } of outputs) {
      const extensions = format === 'jpeg' ? ['.jpg', '.jpeg'] : [`.${format}`];
      const file = this.#files.get(key) ?? this.#output.reserve(key, extensions);
      this.#files.set(key, file);
      await this.#output.write(file, await this.#twin.readRendition(key));
    }
  }

  /** The file of a rendition. */
  fileOf(renditionKey: string): string | undefined {
    return this.#files.get(renditionKey);
  }

  /** Notes that the objects of a key take up memory, and frees that of the oldest when it is too much. */
  async keep(key: string, bytes: number): Promise<void> {
    this.#bytesKept += bytes - (this.#kept.get(key) ?? 0);
    this.#kept.delete(key);
    this.#kept.set(key, bytes);
    while (this.#bytesKept > MAX_BYTES_KEPT && this.#kept.size > 1) await this.#forgetOldest();
  }

  async #forgetOldest(): Promise<void> {
    for (const [key, bytes] of this.#kept) {
      this.#kept.delete(key);
      this.#bytesKept -= bytes;
      this.#onForgotten(key);
      return this.#twin.remove(key);
    }
  }
}
