import { existsSync } from 'node:fs';
import type { UploadResult } from '../function/delivery-results.ts';
import type { LocalPipeline } from '../local-pipeline.ts';
import { extensionsOf, type OutputFolder } from '../run/output-folder.ts';
import type { Delivery } from './delivery.ts';

type Output = UploadResult['outputs'][number];

/** Bytes of finished uploads and their renditions in the embedded S3, which holds them in memory. Beyond it, the oldest are removed. */
const MAX_BYTES_KEPT = 192_000_000;

/** Writes renditions to disk, and bounds the memory of the embedded S3. Files are looked up by rendition key, never by a path from a request. */
export class Results {
  readonly #localPipeline: Pick<LocalPipeline, 'readRendition' | 'remove'>;
  readonly #output: OutputFolder;
  readonly #files: Map<string, string>;
  readonly #kept = new Map<string, number>();
  #bytesKept = 0;

  /** @param files paths of the renditions in the folder, by rendition key */
  constructor(
    localPipeline: Pick<LocalPipeline, 'readRendition' | 'remove'>,
    { output, files }: { output: OutputFolder; files: Map<string, string> },
  ) {
    this.#localPipeline = localPipeline;
    this.#output = output;
    this.#files = files;
  }

  /** Writes the renditions of a finished upload to the output folder. */
  async save(outputs: UploadResult['outputs']): Promise<void> {
    for (const output of outputs) {
      const file = this.#reserve(output);
      this.#files.set(output.key, file);
      await this.#output.write(file, await this.#localPipeline.readRendition(output.key));
    }
  }

  /** Restores a delivery of an earlier run: its renditions, of which those removed from S3 may still be in the output folder. */
  async restore(delivery: Delivery, isInS3: (output: Output) => boolean): Promise<void> {
    for (const output of delivery.outputs.filter(({ key }) => !this.#files.has(key))) {
      const file = this.#reserve(output);
      if (isInS3(output) || existsSync(file)) this.#files.set(output.key, file);
      if (isInS3(output)) await this.save([output]);
    }
    if (delivery.kept) await this.keep(delivery);
  }

  #reserve({ key, format }: Output): string {
    return this.#files.get(key) ?? this.#output.reserve(key, extensionsOf(format));
  }

  /** The file of a rendition; undefined if there is none. */
  fileOf(renditionKey: string): string | undefined {
    return this.#files.get(renditionKey);
  }

  /** Counts the memory of a finished upload and its renditions, and removes the oldest uploads beyond the limit. */
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

  /** Stops counting the objects of a key. */
  forget(key: string): void {
    this.#bytesKept -= this.#kept.get(key) ?? 0;
    this.#kept.delete(key);
  }
}
