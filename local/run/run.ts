import { open, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import type { RenditionFormat } from '../../lambda-src/contract/recipe.ts';
import { ByteGate } from '../aws/byte-gate.ts';
import type { LocalPipeline, LocalPipelineResult } from '../local-pipeline.ts';
import type { OutputFolder } from './output-folder.ts';
import type { Previewer, ProcessedPhoto } from './preview.ts';
import type { OutputFile, PhotoResult } from './run-result.ts';

/** A file and the key it is uploaded under. */
export interface LocalUpload {
  readonly path: string;
  readonly key: string;
}

export interface RunOptions {
  readonly localPipeline: Pick<LocalPipeline, 'submit' | 'readRendition' | 'remove'>;
  readonly output: OutputFolder;
  /** Largest file that the pipeline accepts, in bytes. */
  readonly maxBytes: number;
  /** Makes what the report shows of a photo. */
  readonly previewer: Pick<Previewer, 'preview'>;
  /** Called after each photo. */
  readonly onPhoto: (photo: PhotoResult) => void;
}

/** Photos on their way at once: one more than can be worked on, so that no process waits for an upload. */
const IN_FLIGHT = Math.min(4, availableParallelism()) + 1;

/** Originals in the embedded S3 at once, in bytes; on their way in and out they take up several times as much. */
const MAX_BYTES_IN_FLIGHT = 32_000_000;

/** Sends files through the local pipeline and writes their renditions to the output folder as they finish. Answers in the order of the uploads. */
export async function runUploads(uploads: readonly LocalUpload[], options: RunOptions): Promise<PhotoResult[]> {
  const photos: PhotoResult[] = [];
  const gate = new ByteGate(MAX_BYTES_IN_FLIGHT);
  const queue = uploads.entries();
  const work = async (): Promise<void> => {
    for (const [index, upload] of queue) {
      const photo = await runUpload(upload, gate, options);
      photos[index] = photo;
      options.onPhoto(photo);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return photos;
}

async function runUpload({ path, key }: LocalUpload, gate: ByteGate, options: RunOptions): Promise<PhotoResult> {
  const { localPipeline, maxBytes, previewer } = options;
  const { size: bytes } = await stat(path);
  const { result, outputs, rendition } = await gate.pass(Math.min(bytes, maxBytes + 1), async () => {
    const body = bytes > maxBytes ? await start(path, maxBytes + 1) : path;
    const submitted = await localPipeline.submit({ key, body, contentType: CONTENT_TYPES.get(extname(key).toLowerCase()) });
    const saved = await save(submitted, options);
    await localPipeline.remove(key);
    return { result: submitted, ...saved };
  });
  const { status, failureCode } = result;
  const detail = bytes > maxBytes && failureCode === 'TooLarge' ? `${bytes} bytes, of at most ${maxBytes}` : result.detail;
  const preview = result.image && (await previewer.preview({ path, image: result.image, rendition }));
  return { key, status, failureCode, detail, outputs, milliseconds: Math.round(result.milliseconds), bytes, preview };
}

/** Writes the renditions, one in memory at a time but for the first, which is previewed. */
async function save({ outputs }: LocalPipelineResult, { localPipeline, output }: RunOptions) {
  const files: OutputFile[] = [];
  let rendition: ProcessedPhoto['rendition'];
  for (const stored of outputs) {
    const bytes = await localPipeline.readRendition(stored.key);
    const file = output.reserve(stored.key, EXTENSIONS[stored.format]);
    await output.write(file, bytes);
    files.push({ ...stored, file });
    rendition ??= { bytes, format: stored.format };
  }
  return { outputs: files, rendition };
}

/** The embedded S3 keeps uploads in memory, and a file that is refused for its size is refused as well without the rest of it. */
async function start(path: string, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const EXTENSIONS: Readonly<Record<RenditionFormat, readonly string[]>> = {
  jpeg: ['.jpg', '.jpeg'],
  png: ['.png'],
  webp: ['.webp'],
  avif: ['.avif'],
};

/** What an uploading browser would say. */
const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['.jpg', 'image/jpeg'],
  ['.jpeg', 'image/jpeg'],
  ['.png', 'image/png'],
  ['.webp', 'image/webp'],
  ['.avif', 'image/avif'],
  ['.gif', 'image/gif'],
  ['.tif', 'image/tiff'],
  ['.tiff', 'image/tiff'],
  ['.heic', 'image/heic'],
]);
