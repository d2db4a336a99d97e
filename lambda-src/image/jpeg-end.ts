const END_OF_IMAGE = 0xd9;
const STUFFED = 0x00;
const FILL = 0xff;

/**
 * Whether a JPEG goes on to its end marker. What stands behind it does not matter: phones append films and second pictures.
 * libjpeg misses an end that is cut off within the last rows when those fall to the rounding of a reduced decode.
 */
export function hasJpegEnd(jpeg: Buffer): boolean {
  for (let at = nextMarker(jpeg, 2); at < jpeg.length; at = nextMarker(jpeg, at)) {
    const marker = jpeg[at + 1];
    if (marker === END_OF_IMAGE) return true;
    // Segments are jumped over, as their payload may hold a thumbnail with an end of its own; the data of a scan is searched.
    at += at + 4 <= jpeg.length ? 2 + jpeg.readUInt16BE(at + 2) : 4;
  }
  return false;
}

/** Where the next marker segment begins; within the data of a scan, 0xff is stuffed with 0 or begins a restart marker. */
function nextMarker(jpeg: Buffer, from: number): number {
  for (let at = jpeg.indexOf(0xff, from); at >= 0; ) {
    const next = jpeg[at + 1];
    if (next !== STUFFED && next !== FILL && !isRestart(next)) return at;
    at = jpeg.indexOf(0xff, at + (next === FILL ? 1 : 2));
  }
  return jpeg.length;
}

function isRestart(marker: number | undefined): boolean {
  return marker !== undefined && marker >= 0xd0 && marker <= 0xd7;
}
