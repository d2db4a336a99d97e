/** Kinds of blocks and their sizes (GIF89a specification, sections 17 to 27). */
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const HEADER_BYTES = 13;
const IMAGE_DESCRIPTOR_BYTES = 10;

/**
 * Returns whether a GIF ends within a frame, which its decoder shows as far as it got. A file without the trailer is complete if it ends after a
 * frame, and bytes after the trailer do not matter.
 */
export function endsWithinFrame(bytes: Buffer): boolean {
  let at = HEADER_BYTES + colourTableBytes(bytes[10]);
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === EXTENSION) {
      at = afterSubBlocks(bytes, at + 2);
    } else if (kind === IMAGE) {
      // The first byte of the image data is the code size.
      at = afterSubBlocks(bytes, at + IMAGE_DESCRIPTOR_BYTES + colourTableBytes(bytes[at + 9]) + 1);
    } else {
      return false;
    }
  }
  return at > bytes.length;
}

/** Returns the size of the colour table that these flags announce. */
function colourTableBytes(flags = 0): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Returns where a list of sub-blocks ends; beyond the file if it is not terminated. */
function afterSubBlocks(bytes: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const length = bytes[at];
    if (length === undefined) return bytes.length + 1;
    at += 1 + length;
    if (length === 0) return at;
  }
}
