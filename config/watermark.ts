import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const MAX_BYTES = 1_000_000;
const MAX_SIDE = 4096;

/** Returns why a file cannot be a watermark, or undefined if it can. Paths are relative to the project, where its commands run. */
export function watermarkFault(file: string): string | undefined {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return 'does not exist';
  if (size > MAX_BYTES) return `has ${size} bytes; the limit is ${MAX_BYTES}`;
  const bytes = readFileSync(file);
  if (!bytes.subarray(0, 8).equals(PNG_SIGNATURE) || bytes.length < 33) return 'is not a PNG';
  // The header comes first (PNG specification, section 11.2.2).
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  return Math.max(width, height) > MAX_SIDE ? `is ${width} × ${height} pixels; the limit is ${MAX_SIDE} per side` : undefined;
}

/** Returns the first half of the SHA-256 of a watermark. It is part of the recipe's hash, so that a new watermark leads to new renditions. */
export function watermarkDigest(file: string): string {
  // The size of the environment is also computed for settings that are rejected because of a missing file.
  const bytes = watermarkFault(file) === undefined ? readFileSync(file) : Buffer.alloc(0);
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}
