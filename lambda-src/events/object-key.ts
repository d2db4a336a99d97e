/**
 * Decodes a key from an event once; returns undefined if an escape is malformed. S3 form-encodes keys: `+` is a space, everything else is
 * percent-encoded UTF-8. Anything that still looks like an escape is part of the key.
 */
export function decodeKey(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
