import type { Metadata } from 'sharp';
import type { InputFormat } from './file-type.ts';

/** The header fields that determine how much memory decoding takes. */
export type HeaderFacts = Pick<Metadata, 'channels' | 'depth' | 'isProgressive'>;

/** Bytes per sample, by libvips' names of the sample formats. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = { uchar: 1, char: 1, ushort: 2, short: 2, uint: 4, int: 4, float: 4 };
const WIDEST_SAMPLE_BYTES = 16;

/**
 * Returns the bytes per pixel that a decoder holds for the whole image at once, or 0 if it decodes in strips. AVIF and HEIC count as
 * 0 because they have their own pixel limits.
 */
export function heldBytesPerPixel(format: InputFormat, header: HeaderFacts): number {
  const rawBytes = header.channels * (SAMPLE_BYTES[header.depth] ?? WIDEST_SAMPLE_BYTES);
  switch (format) {
    case 'jpeg':
      // The coefficients of all scans, two bytes each.
      return header.isProgressive ? header.channels * 2 : 0;
    case 'png':
      return header.isProgressive ? rawBytes : 0;
    case 'tiff':
      // One strip may hold the whole image, and each channel may have its own plane; the header fields do not say.
      return rawBytes;
    case 'webp':
    case 'gif':
      return 4;
    case 'avif':
    case 'heic':
      return 0;
  }
}
