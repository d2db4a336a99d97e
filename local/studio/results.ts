import { existsSync } from 'node:fs';
import type { UploadResult } from '../function/delivery-results.ts';
import type { LocalPipeline } from '../local-pipeline.ts';
import type { OutputFolder } from '../run/output-folder.ts';
import type { Delivery } from './delivery.ts';

type Output = UploadResult['outputs'][number];

/** Objects that finished uploads leave in the memory of the embedded S3, in bytes; what goes beyond is forgotten, the oldest first. */
const MAX_BYTES_KEPT = 192_000_000;

/** Renditions on disk and originals in memory, both within bounds. Files are found by rendition key, never by a path from outside. */
export class Results {
  readonly #localPipeline: Pick<LocalPipeline, 'readRendition' | 'remove'>;
  readonly #output: OutputFolder;
  readonly #files: Map<string, string>;
  readonly #kept = new Map<string, number>();
  #bytesKept = 0;

  /** @param files paths by rendition key, of all results in the folder */
  constructor(
    localPipeline: Pick<LocalPipeline, 'readRendition' | 'remove'>,
    { output, files }: { output: OutputFolder; files: Map<string, string> },
  ) {
    this.#localPipeline = localPipeline;
    this.#output = output;
    this.#files = files;
  }

  /** Writes the renditions of a finished upload to the folder. */
  async save(outputs: UploadResult['outputs']): Promise<void> {
    for (const output of outputs) {
      const file = this.#reserve(output);
      this.#files.set(output.key, file);
      await this.#output.write(file, await this.#localPipeline.readRendition(output.key));
    }
  }

  /** Takes up an earlier delivery again: its renditions, of which those that were freed may still be in the folder, and its memory. */
  async restore(delivery: Delivery, stands: (output: Output) => boolean): Promise<void> {
    for (const output of delivery.outputs.filter(({ key }) => !this.#files.has(key))) {
      const file = this.#reserve(output);
      if (stands(output) || existsSync(file)) this.#files.set(output.key, file);
      if (stands(output)) await this.save([output]);
    }
    if (delivery.kept) await this.keep(delivery);
  }

  #reserve({ key, format }: Output): string {
    return this.#files.get(key) ?? this.#output.reserve(key, format === 'jpeg' ? ['.jpg', '.jpeg'] : [`.${format}`]);
  }

  /** The file of a rendition. */
  fileOf(renditionKey: string): string | undefined {
    return this.#files.get(renditionKey);
  }

  /** Notes that an upload and its renditions take up memory, and frees that of the oldest when it is too much. */
  async keep({ kind, key, bytes: original = 0, outputs }: Delivery): Promise<void> {
    if (kind !== 'upload') return;
    const bytes = outputs.reduce((sum, output) => sum + output.bytes, original);
    this.forget(key);
    this.#bytesKept += bytes;
    this.#kept.set(key, bytes);
    for (const [oldest] of this.#kept) {
      if (this.#bytesKept <= MAX_BYTES_KEPT || this.#kept.size === 1) return;
      this.forget(oldest);
      await this.#localPipeline.remove(oldest);
    }
  }

  /** Notes that the objects of a key take up memory no more. */
  forget(key: string): void {
    this.#bytesKept -= this.#kept.get(key) ?? 0;
    this.#kept.delete(key);
  }
}
