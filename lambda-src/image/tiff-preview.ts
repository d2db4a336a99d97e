const NEW_SUBFILE_TYPE = 254;
const REDUCED_RESOLUTION = 1;
const ENTRY_BYTES = 12;

/**
 * Whether the first picture of a TIFF says of itself that it is a reduced version of another one. Camera raw files (DNG, NEF,
 * ARW) are such TIFFs: their first picture is a thumbnail, which would pass for the photo.
 */
export function isTiffPreview(tiff: Buffer): boolean {
  const littleEndian = tiff[0] === 0x49;
  const uint16 = (at: number): number => (littleEndian ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const uint32 = (at: number): number => (littleEndian ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  if (tiff.length < 8 || uint16(2) !== 42) return false;
  const directory = uint32(4);
  if (directory + 2 > tiff.length) return false;
  const entries = Math.min(uint16(directory), Math.floor((tiff.length - directory - 2) / ENTRY_BYTES));
  for (let index = 0; index < entries; index += 1) {
    const at = directory + 2 + index * ENTRY_BYTES;
    if (uint16(at) === NEW_SUBFILE_TYPE) return (uint32(at + 8) & REDUCED_RESOLUTION) !== 0;
  }
  return false;
}
