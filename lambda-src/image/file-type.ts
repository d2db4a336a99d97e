/** The image types that are accepted. */
export type InputFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff';

const SIGNATURES: readonly (readonly [InputFormat, Buffer])[] = [
  ['jpeg', Buffer.from('ffd8ff', 'hex')],
  ['png', Buffer.from('89504e470d0a1a0a', 'hex')],
  ['gif', Buffer.from('GIF87a', 'latin1')],
  ['gif', Buffer.from('GIF89a', 'latin1')],
  ['tiff', Buffer.from('II*\0', 'latin1')],
  ['tiff', Buffer.from('MM\0*', 'latin1')],
  // BigTIFF
  ['tiff', Buffer.from('II+\0', 'latin1')],
  ['tiff', Buffer.from('MM\0+', 'latin1')],
];

/** Brands that tell what is inside (https://mp4ra.org/registered-types/brands, AV1 Image File Format 1.2, section 8). */
const BRANDS = new Map<string, 'avif' | 'avif sequence' | 'heic'>([
  ['avif', 'avif'],
  ['avis', 'avif sequence'],
  ...['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'].map((brand) => [brand, 'heic'] as const),
]);
/** An `ftyp` box lists a handful of brands; a longer one is not read to its end. */
const MAX_BRANDS_BYTES = 256;

/**
 * Tells an image type by its first bytes, whatever its name says.
 * @returns `undefined` for everything that is not accepted, `heic` for HEIC and HEIF photos, `avif sequence` for animations
 */
export function detectFileType(bytes: Buffer): InputFormat | 'avif sequence' | 'heic' | undefined {
  const [format] = SIGNATURES.find(([, signature]) => bytes.subarray(0, signature.length).equals(signature)) ?? [];
  if (format !== undefined) return format;
  if (isAscii(bytes, 0, 'RIFF') && isAscii(bytes, 8, 'WEBP')) return 'webp';
  return isAscii(bytes, 4, 'ftyp') ? typeOfBrands(bytes) : undefined;
}

/** The major brand decides; behind a general one (`mif1`), the first compatible brand that is known. */
function typeOfBrands(bytes: Buffer): 'avif' | 'avif sequence' | 'heic' | undefined {
  const end = Math.min(bytes.readUInt32BE(0), bytes.length, MAX_BRANDS_BYTES);
  for (let at = 8; at + 4 <= end; at += 4) {
    const type = BRANDS.get(bytes.toString('latin1', at, at + 4));
    if (type !== undefined) return type;
  }
  return undefined;
}

function isAscii(bytes: Buffer, at: number, text: string): boolean {
  return bytes.toString('latin1', at, at + text.length) === text;
}
