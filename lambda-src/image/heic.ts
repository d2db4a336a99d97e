import { ImageFailure } from '../contract/outcome.ts';

/** A decoded HEIC photo as an uncompressed TIFF, which has its colour profile, and its orientation if that is still to be applied. */
export type DecodedHeic =
  | { readonly status: 'decoded'; readonly tiff: Buffer }
  | { readonly status: 'failed'; readonly code: 'TooManyPixels' | 'UnsupportedHeic' | 'Corrupt'; readonly detail: string };

/**
 * Decodes a HEIC or HEIF photo of at most `maxPixels`. Rejects only if the decoder itself cannot run, or with the signal's reason once it
 * is aborted, which ends the decoder.
 */
export type HeicDecoder = (bytes: Buffer, options: { readonly maxPixels: number; readonly signal: AbortSignal }) => Promise<DecodedHeic>;

/** How to decode HEIC photos. */
export interface HeicSupport {
  readonly decode: HeicDecoder;
  /** Width times height of the largest HEIC photo. */
  readonly maxPixels: number;
}

/**
 * Loads the decoder with the first HEIC photo: it is a part of the package of its own, `heic/`, which only functions with `heic: true` have.
 * @param folder URL of the bundle's folder
 */
export function packagedHeicDecoder(folder: string): HeicDecoder {
  return async (bytes, options) => {
    const { decodeHeic }: { decodeHeic: HeicDecoder } = await import(new URL('heic/decoder.mjs', folder).href);
    return decodeHeic(bytes, options);
  };
}

/**
 * Converts a HEIC photo to a TIFF.
 * @throws {ImageFailure} `UnsupportedHeic`, `TooManyPixels` or `Corrupt`
 */
export async function heicAsTiff(bytes: Buffer, { decode, maxPixels }: HeicSupport, signal: AbortSignal): Promise<Buffer> {
  const decoded = await decode(bytes, { maxPixels, signal });
  if (decoded.status === 'failed') throw new ImageFailure(decoded.code, decoded.detail);
  return decoded.tiff;
}
