import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { heicDecoderBytes } from '../contract/memory.ts';
import type { DecodedHeic, HeicDecoder } from '../image/heic.ts';
import type { DecoderJob } from './decode.ts';

/** The worker's own heap holds no pixels. Its size is limited nevertheless, and so is its stack. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

let compiling: Promise<WebAssembly.Module> | undefined;

/**
 * Decodes a HEIC photo in a thread of its own, with an instance of libheif of its own, both of which end with the photo
 * (docs/heic.md). See `HeicDecoder`.
 */
export const decodeHeic: HeicDecoder = async (bytes, { maxPixels, signal }) => {
  // Compiled once: threads share the code but not the memory.
  compiling ??= readFile(new URL('libheif.wasm', import.meta.url)).then((file) => WebAssembly.compile(file));
  const job: DecoderJob = { module: await compiling, bytes, maxPixels, maxMemoryBytes: heicDecoderBytes(maxPixels) + bytes.length };
  signal.throwIfAborted();
  const worker = new Worker(new URL('worker.mjs', import.meta.url), {
    workerData: job,
    // Nothing of this process, in particular no credentials and no options.
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: RESOURCE_LIMITS,
  });
  try {
    return await answerOf(worker, signal);
  } finally {
    await worker.terminate();
  }
};

function answerOf(worker: Worker, signal: AbortSignal): Promise<DecodedHeic> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.once('message', (answer: DecodedHeic) => {
      // Buffers arrive as plain byte arrays.
      resolve(
        answer.status === 'decoded'
          ? { ...answer, tiff: Buffer.from(answer.tiff.buffer, answer.tiff.byteOffset, answer.tiff.byteLength) }
          : answer,
      );
    });
    worker.once('error', (error: NodeJS.ErrnoException) => {
      // The memory of the thread is limited because of such files; any other error is one of the program.
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
        resolve({ status: 'failed', code: 'Corrupt', detail: 'the HEIC needs too much memory' });
      else reject(error);
    });
    worker.once('exit', (code) => reject(new Error(`the thread of the HEIC decoder ended with code ${code}`)));
  });
}
