import type { Metadata } from 'sharp';
import type { InputFormat } from './file-type.ts';

/** What a picture needs while it is decoded is known from its header. */
export type HeaderFacts = Pick<Metadata, 'channels' | 'depth' | 'isProgressive'>;

/** Bytes per sample; libvips names the formats so. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = { uchar: 1, char: 1, ushort: 2, short: 2, uint: 4, int: 4, float: 4 };
const WIDEST_SAMPLE_BYTES = 16;

/**
 * Bytes per pixel that the decoder of a format holds for the whole picture at once; 0 when it works its way down in strips.
 * AVIF has a pixel cap of its own.
 */
export function heldBytesPerPixel(format: InputFormat, header: HeaderFacts): number {
  const rawBytes = header.channels * (SAMPLE_BYTES[header.depth] ?? WIDEST_SAMPLE_BYTES);
  switch (format) {
    case 'jpeg':
      // All coefficients of all scans, two bytes each.
      return header.isProgressive ? header.channels * 2 : 0;
    case 'png':
      return header.isProgressive ? rawBytes : 0;
    case 'tiff':
      // A strip may be the whole picture, and every channel may have a plane of its own; the header does not tell.
      return rawBytes;
    case 'webp':
    case 'gif':
      return 4;
    case 'avif':
      return 0;
  }
}
