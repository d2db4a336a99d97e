/** Returns the linear light (0–1) of an sRGB code value (0–1), as defined in IEC 61966-2-1. */
function srgbToLight(code: number): number {
  return code <= 0.04045 ? code / 12.92 : ((code + 0.055) / 1.055) ** 2.4;
}

/** Maps a code value to linear light, both 0–1. */
type Curve = (code: number) => number;

/** XYZ values of the sRGB primaries, adapted to D50 as in every ICC profile. */
const SRGB_COLORANTS = {
  rXYZ: [0.4361, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7141],
} as const;
/** The sRGB profiles of cameras, phones and editors differ by up to 0.0003; Display P3 differs by 0.08. */
const COLORANT_TOLERANCE = 0.001;
const CURVES = ['rTRC', 'gTRC', 'bTRC'] as const;
/** A third of an 8-bit step, as a fraction of the code range, so that skipping the conversion does not change a pixel visibly. */
const CURVE_TOLERANCE = 1 / 255 / 3;
const SAMPLES = 64;
/** sRGB profiles have up to 17 tags; a longer table is not an sRGB profile. */
const MAX_TAGS = 64;

/**
 * Returns whether an ICC profile describes sRGB, so that the conversion can be skipped, which saves a quarter of the time of a
 * 12-megapixel JPEG. Compares colorants and transfer curves, because the name can be wrong, and returns false for anything it does not fully
 * understand.
 */
export function isSrgbProfile(profile: Buffer): boolean {
  if (profile.length < 132 || profile.toString('latin1', 16, 24) !== 'RGB XYZ ') return false;
  const tags = readTags(profile);
  // A lookup table takes precedence over colorants and curves.
  if (tags === undefined || tags.has('A2B0') || tags.has('A2B1')) return false;
  return (
    Object.entries(SRGB_COLORANTS).every(([name, xyz]) => hasColorant(tags.get(name), xyz)) &&
    CURVES.every((name) => hasSrgbCurve(tags.get(name)))
  );
}

function readTags(profile: Buffer): ReadonlyMap<string, Buffer> | undefined {
  const count = profile.readUInt32BE(128);
  if (count > MAX_TAGS || profile.length < 132 + count * 12) return undefined;
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const at = 132 + index * 12;
      const offset = profile.readUInt32BE(at + 4);
      return [profile.toString('latin1', at, at + 4), profile.subarray(offset, offset + profile.readUInt32BE(at + 8))];
    }),
  );
}

function hasColorant(tag: Buffer | undefined, xyz: readonly number[]): boolean {
  if (tag === undefined || tag.length < 20 || typeOf(tag) !== 'XYZ ') return false;
  return xyz.every((value, index) => Math.abs(fixedAt(tag, 8 + index * 4) - value) < COLORANT_TOLERANCE);
}

function hasSrgbCurve(tag: Buffer | undefined): boolean {
  const curve = tag && readCurve(tag);
  if (curve === undefined) return false;
  for (let sample = 0; sample <= SAMPLES; sample += 1) {
    const code = sample / SAMPLES;
    // The tolerance is in code values, because the same difference in light is more visible in the shadows.
    const isClose = curve(code) >= srgbToLight(code - CURVE_TOLERANCE) && curve(code) <= srgbToLight(code + CURVE_TOLERANCE);
    // Do not invert the comparison: a hostile curve gives NaN, for which every comparison is false.
    if (!isClose) return false;
  }
  return true;
}

function readCurve(tag: Buffer): Curve | undefined {
  if (tag.length < 12) return undefined;
  if (typeOf(tag) === 'curv') return readTable(tag);
  return typeOf(tag) === 'para' ? readParametric(tag) : undefined;
}

/** Reads a curve given as equidistant points, and interpolates linearly between them. */
function readTable(tag: Buffer): Curve | undefined {
  const count = tag.readUInt32BE(8);
  // One entry is a plain gamma and none is the identity; neither is the sRGB curve.
  if (count < 2 || tag.length < 12 + count * 2) return undefined;
  const point = (index: number): number => tag.readUInt16BE(12 + index * 2) / 65535;
  return (code) => {
    const position = code * (count - 1);
    const below = Math.min(Math.floor(position), count - 2);
    return point(below) + (point(below + 1) - point(below)) * (position - below);
  };
}

/** Reads Y = (aX + b)^g + e for X ≥ d, and cX + f below: form 3 (without e and f) and form 4, which Android writes. */
function readParametric(tag: Buffer): Curve | undefined {
  const form = tag.readUInt16BE(8);
  if ((form !== 3 && form !== 4) || tag.length < (form === 3 ? 32 : 40)) return undefined;
  const [g, a, b, c, d] = [fixedAt(tag, 12), fixedAt(tag, 16), fixedAt(tag, 20), fixedAt(tag, 24), fixedAt(tag, 28)];
  const [e, f] = form === 3 ? [0, 0] : [fixedAt(tag, 32), fixedAt(tag, 36)];
  return (code) => (code >= d ? (a * code + b) ** g + e : c * code + f);
}

function typeOf(tag: Buffer): string {
  return tag.toString('latin1', 0, 4);
}

/** Reads a signed fixed-point number with 16 integer bits and 16 fraction bits. */
function fixedAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) / 65536;
}
