import { open, readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { UploadResult } from '../function/delivery-results.ts';
import { DEFAULT_WORKERS } from '../function/lambda-runner.ts';
import { Gate } from '../gate.ts';
import type { LocalPipeline } from '../local-pipeline.ts';
import { extensionsOf, type OutputFolder } from './output-folder.ts';
import type { Previewer, ProcessedPhoto } from './preview.ts';
import type { OutputFile, PhotoResult } from './run-result.ts';

/** A file and its key. */
export interface LocalUpload {
  readonly path: string;
  readonly key: string;
}

export interface RunOptions {
  readonly localPipeline: Pick<LocalPipeline, 'submit' | 'readRendition' | 'remove'>;
  readonly output: OutputFolder;
  /** Largest file that the pipeline accepts, in bytes. */
  readonly maxBytes: number;
  /** Creates a photo's preview for the report. */
  readonly previewer: Previewer;
  /** Called after each photo. */
  readonly onPhoto: (photo: PhotoResult) => void;
}

/** Photos in flight: one more than there are processes, so that no process waits for an upload. */
const IN_FLIGHT = DEFAULT_WORKERS + 1;

/** Limit for originals in the embedded S3, in bytes; transfers take several times as much memory. */
const MAX_BYTES_IN_FLIGHT = 32_000_000;

/** Sends files through the local pipeline and writes their renditions to the output folder as they finish. Returns results in the order of the uploads. */
export async function runUploads(uploads: readonly LocalUpload[], options: RunOptions): Promise<PhotoResult[]> {
  const photos: PhotoResult[] = [];
  const gate = new Gate(MAX_BYTES_IN_FLIGHT);
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

async function runUpload({ path, key }: LocalUpload, gate: Gate, options: RunOptions): Promise<PhotoResult> {
  const { localPipeline, maxBytes, previewer } = options;
  const { size: bytes } = await stat(path);
  const { result, outputs, rendition } = await gate.pass(Math.min(bytes, maxBytes + 1), async () => {
    // The embedded S3 keeps uploads in memory, and the start of a file that is too large is enough for it to be rejected.
    const body = () => (bytes > maxBytes ? readStart(path, maxBytes + 1) : readFile(path));
    const submitted = await localPipeline.submit({ key, body, contentType: CONTENT_TYPES.get(extname(key).toLowerCase()) });
    const saved = await save(submitted, options);
    await localPipeline.remove(key);
    return { result: submitted, ...saved };
  });
  const { status, failureCode } = result;
  const detail = bytes > maxBytes && failureCode === 'TooLarge' ? `${bytes} bytes, of at most ${maxBytes}` : result.detail;
  const preview = result.image && (await previewer({ path, image: result.image, rendition }));
  return { key, status, failureCode, detail, outputs, milliseconds: Math.round(result.milliseconds), bytes, preview };
}

/** Writes the renditions with one in memory at a time, besides the first, which is needed for the preview. */
async function save({ outputs }: UploadResult, { localPipeline, output }: RunOptions) {
  const files: OutputFile[] = [];
  let rendition: ProcessedPhoto['rendition'];
  for (const stored of outputs) {
    const bytes = await localPipeline.readRendition(stored.key);
    const file = output.reserve(stored.key, extensionsOf(stored.format));
    await output.write(file, bytes);
    files.push({ ...stored, file });
    rendition ??= { bytes, format: stored.format };
  }
  return { outputs: files, rendition };
}

/** Reads up to `length` bytes from the start of a file. */
export async function readStart(path: string, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The content type that a browser would send. */
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
