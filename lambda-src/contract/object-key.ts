/**
 * Decodes a key from an S3 event, where `+` is a space and everything else is percent-encoded UTF-8. It is decoded once: what still looks like
 * an escape belongs to the key. Returns undefined if an escape is malformed.
 */
export function decodeKey(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/**
 * Returns the spellings of a lower-case suffix for which S3 sends events: `.jpg`, `.JPG` and `.Jpg`, as cameras and people write them. A filter
 * of S3 is case-sensitive, so every spelling needs its own filter.
 */
export function suffixSpellings(suffix: string): string[] {
  const [dot = '', first = '', ...rest] = suffix;
  return [...new Set([suffix, suffix.toUpperCase(), dot + first.toUpperCase() + rest.join('')])];
}
