/**
 * S3 form-encodes keys in events: `+` is a space, everything else is percent-encoded UTF-8. Decoded once: what then looks like
 * an escape belongs to the key. Undefined where an escape is malformed.
 */
export function decodeKey(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
