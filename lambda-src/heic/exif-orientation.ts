const ORIENTATION = 0x0112;
const SHORT = 3;
const ENTRY_BYTES = 12;

/**
 * Reads the orientation, 1–8, from the Exif item of a HEIF file: four bytes with the offset of a TIFF header, then the TIFF (ISO/IEC 23008-12,
 * Annex A). Returns 1 if there is none or it is damaged.
 */
export function exifOrientation(item: Buffer): number {
  if (item.length < 4) return 1;
  const tiff = item.subarray(4 + item.readUInt32BE(0));
  const isLittleEndian = tiff[0] === 0x49;
  if (tiff.length < 8) return 1;
  const uint16 = (at: number): number => (isLittleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const uint32 = (at: number): number => (isLittleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = uint32(4);
  if (directory + 2 > tiff.length) return 1;
  const end = Math.min(directory + 2 + uint16(directory) * ENTRY_BYTES, tiff.length - ENTRY_BYTES + 1);
  for (let at = directory + 2; at < end; at += ENTRY_BYTES) {
    if (uint16(at) !== ORIENTATION || uint16(at + 2) !== SHORT) continue;
    const orientation = uint16(at + 8);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}
