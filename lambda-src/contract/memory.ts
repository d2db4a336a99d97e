/** Lambda gives one vCPU with every 1,769 MB (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
export const MEGABYTES_PER_VCPU = 1769;

/** Whole vCPUs of a function with that much memory; below one, its share of one counts as one. */
export function wholeVcpus(memoryMb: number): number {
  return Math.max(1, Math.floor(memoryMb / MEGABYTES_PER_VCPU));
}

/**
 * Images that a function with that much memory works on at once: half as many again as it has vCPUs, so that the cores are busy while one waits
 * for AWS or for its turn in JavaScript.
 */
export function imagesInFlight(memoryMb: number): number {
  return Math.max(1, Math.floor((1.5 * memoryMb) / MEGABYTES_PER_VCPU));
}

/**
 * Most bytes that a decoder may hold for each pixel of `limits.maxPixels`. 6 is what a progressive JPEG in colour takes. The largest
 * legal files then peak at 400 MB resident with 30 megapixels (function of 512 MB) and at 530 MB with 50 (1,024 MB).
 */
export const HELD_BYTES_PER_ALLOWED_PIXEL = 6;

/** Bytes that the decoder of an AVIF holds for each pixel. */
const HELD_BYTES_PER_AVIF_PIXEL = 26;

/** How often the bytes of a file are held at the most: as they arrive, in one piece, and as the decoder is given them. */
const COPIES_OF_FILE = 3;

/** Resident before the first image: Node, the SDK and sharp. */
const IDLE_MEGABYTES = 120;

/** Bytes that an encoder holds for each pixel of a rendition; that of AVIF takes far more than the others. */
const HELD_BYTES_PER_ENCODED_PIXEL = { avif: 23, other: 3 } as const;
/** Renditions of an image that are encoded at once: the threads that Node lends to sharp. */
const ENCODED_AT_ONCE = 4;

interface ImageWork {
  readonly limits: { readonly maxBytes: number; readonly maxPixels: number; readonly maxAvifPixels: number };
  readonly renditions: readonly { readonly width: number; readonly height: number; readonly format: string }[];
}

/** What a function may need when every image in flight is as large as the limits allow, in megabytes. */
export function megabytesNeeded(memoryMb: number, { limits, renditions }: ImageWork): number {
  const decoding = Math.max(limits.maxPixels * HELD_BYTES_PER_ALLOWED_PIXEL, limits.maxAvifPixels * HELD_BYTES_PER_AVIF_PIXEL);
  const perImage = COPIES_OF_FILE * limits.maxBytes + decoding + encodingBytes(renditions);
  return Math.ceil(IDLE_MEGABYTES + (imagesInFlight(memoryMb) * perImage) / 1e6);
}

function encodingBytes(renditions: ImageWork['renditions']): number {
  return renditions
    .map(({ width, height, format }) => width * height * HELD_BYTES_PER_ENCODED_PIXEL[format === 'avif' ? 'avif' : 'other'])
    .sort((one, other) => other - one)
    .slice(0, ENCODED_AT_ONCE)
    .reduce((sum, bytes) => sum + bytes, 0);
}
