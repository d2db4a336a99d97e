/** Lambda allocates one vCPU per 1,769 MB of memory (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
export const MEGABYTES_PER_VCPU = 1769;

/** Returns the whole vCPUs of a function with this much memory; at least 1. */
export function wholeVcpus(memoryMb: number): number {
  return Math.max(1, Math.floor(memoryMb / MEGABYTES_PER_VCPU));
}

/**
 * Returns the number of images that a function with this much memory processes at once: 1.5 per vCPU, so that the cores stay busy while
 * an image waits for AWS or for the JavaScript thread.
 */
export function imagesInFlight(memoryMb: number): number {
  return Math.max(1, Math.floor((1.5 * memoryMb) / MEGABYTES_PER_VCPU));
}

/**
 * Maximum bytes that a decoder may hold per pixel of `limits.maxPixels`; a progressive colour JPEG needs 6. The largest allowed files then
 * peak at 400 MB of resident memory with 30 megapixels (512 MB function) and at 530 MB with 50 megapixels (1,024 MB).
 */
export const HELD_BYTES_PER_ALLOWED_PIXEL = 6;

/** Bytes that the AVIF decoder holds per pixel. */
const HELD_BYTES_PER_AVIF_PIXEL = 26;

/**
 * Bytes per pixel while a HEIC is decoded: what libheif may hold (8 for the photos of phones, 14 for 10 bits with alpha), and the decoded
 * picture, which leaves the decoder as a whole.
 */
const HELD_BYTES_PER_HEIC_PIXEL = { decoder: 14, picture: 4 } as const;
/** Bytes that libheif's WebAssembly holds before it has read anything. */
const HEIC_DECODER_IDLE_BYTES = 24_000_000;
/** Bytes of the decoder's thread, with its own JavaScript heap. */
const HEIC_THREAD_BYTES = 20_000_000;
/** Copies of a file that the decoder's thread has besides the others. */
const COPIES_OF_HEIC = 2;

/** Returns the memory that the decoder of one HEIC photo may use, besides the file itself, in bytes. */
export function heicDecoderBytes(maxHeicPixels: number): number {
  return HEIC_DECODER_IDLE_BYTES + maxHeicPixels * HELD_BYTES_PER_HEIC_PIXEL.decoder;
}

/** Maximum simultaneous copies of a file's bytes: the received chunks, the joined buffer, and the decoder's input. */
const COPIES_OF_FILE = 3;

/** Resident memory before the first image: Node, the SDK and sharp. */
const IDLE_MEGABYTES = 120;

/** Bytes held per pixel of all frames of an animation: decoded, resized and encoded, with the largest frames that the limits allow. */
const HELD_BYTES_PER_ANIMATION_PIXEL = 25;

/** Bytes held per pixel of a scaled watermark; those of all renditions wait for their encoders. */
const HELD_BYTES_PER_WATERMARK_PIXEL = 5;

/** Bytes that an encoder holds per pixel of a rendition. */
const HELD_BYTES_PER_ENCODED_PIXEL = { avif: 23, other: 3 } as const;
/** Renditions encoded at once, limited by libuv's default of four threads. */
const ENCODED_AT_ONCE = 4;

interface ImageWork {
  readonly limits: {
    readonly maxBytes: number;
    readonly maxPixels: number;
    readonly maxAvifPixels: number;
    readonly maxHeicPixels: number;
    readonly maxAnimationPixels?: number | undefined;
  };
  /** Whether HEIC is decoded. */
  readonly heic: boolean;
  readonly renditions: readonly {
    readonly width: number;
    readonly height: number;
    readonly format: string;
    readonly animated?: boolean | undefined;
    readonly watermark?: boolean | undefined;
  }[];
  readonly watermark?: { readonly scale: number } | undefined;
}

/** Returns the memory that a function needs if every image in flight is as large as the limits allow, in megabytes. */
export function megabytesNeeded(memoryMb: number, { limits, heic, renditions, watermark }: ImageWork): number {
  const decoding = Math.max(
    limits.maxPixels * HELD_BYTES_PER_ALLOWED_PIXEL,
    limits.maxAvifPixels * HELD_BYTES_PER_AVIF_PIXEL,
    heic ? decodingHeicBytes(limits) : 0,
    renditions.some(({ animated }) => animated) ? (limits.maxAnimationPixels ?? 0) * HELD_BYTES_PER_ANIMATION_PIXEL : 0,
  );
  const perImage =
    COPIES_OF_FILE * limits.maxBytes + decoding + encodingBytes(renditions) + watermarkBytes(renditions, watermark?.scale ?? 0);
  return Math.ceil(IDLE_MEGABYTES + (imagesInFlight(memoryMb) * perImage) / 1e6);
}

function decodingHeicBytes({ maxBytes, maxHeicPixels }: ImageWork['limits']): number {
  const picture = maxHeicPixels * HELD_BYTES_PER_HEIC_PIXEL.picture;
  return heicDecoderBytes(maxHeicPixels) + picture + HEIC_THREAD_BYTES + COPIES_OF_HEIC * maxBytes;
}

function watermarkBytes(renditions: ImageWork['renditions'], scale: number): number {
  const marked = renditions.filter(({ watermark }) => watermark);
  return marked.reduce((sum, { width, height }) => sum + width * height * scale * HELD_BYTES_PER_WATERMARK_PIXEL, 0);
}

function encodingBytes(renditions: ImageWork['renditions']): number {
  return renditions
    .map(
      ({ width, height, format }) =>
        width * height * HELD_BYTES_PER_ENCODED_PIXEL[format === 'avif' || format === 'same' ? 'avif' : 'other'],
    )
    .sort((one, other) => other - one)
    .slice(0, ENCODED_AT_ONCE)
    .reduce((sum, bytes) => sum + bytes, 0);
}
