/** Light (0–1) of an sRGB code value (0–1) (IEC 61966-2-1). */
function srgbToLight(code: number): number {
  return code <= 0.04045 ? code / 12.92 : ((code + 0.055) / 1.055) ** 2.4;
}

/** Light of a code value, both 0–1. */
type Curve = (code: number) => number;

/** XYZ of the sRGB primaries, adapted to D50 as in every ICC profile. */
const SRGB_COLORANTS = {
  rXYZ: [0.4361, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7141],
} as const;
/** The sRGB profiles of cameras, phones and editors differ by 0.0003; Display P3 is 0.08 away. */
const COLORANT_TOLERANCE = 0.001;
const CURVES = ['rTRC', 'gTRC', 'bTRC'] as const;
/** A third of the step between two 8-bit codes, as a share of the code range: leaving the conversion out changes no pixel visibly. */
const CURVE_TOLERANCE = 1 / 255 / 3;
const SAMPLES = 64;
/** sRGB profiles have up to 17 tags. A table longer than this is none of them. */
const MAX_TAGS = 64;

/**
 * Whether an ICC profile describes sRGB itself, so that converting to sRGB would change nothing: a 12-megapixel JPEG then takes
 * three quarters of the time. Decides by what the profile does (colorants and transfer curves), as its name can lie, and says no
 * to everything it does not fully understand.
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
    // Compared as light between the neighbouring codes: a difference of light counts for more in the shadows.
    const isClose = curve(code) >= srgbToLight(code - CURVE_TOLERANCE) && curve(code) <= srgbToLight(code + CURVE_TOLERANCE);
    // Not turned around: a hostile curve gives NaN, of which every comparison is false.
    if (!isClose) return false;
  }
  return true;
}

function readCurve(tag: Buffer): Curve | undefined {
  if (tag.length < 12) return undefined;
  if (typeOf(tag) === 'curv') return readTable(tag);
  return typeOf(tag) === 'para' ? readParametric(tag) : undefined;
}

/** Points of a curve at equal distances, with straight lines between them. */
function readTable(tag: Buffer): Curve | undefined {
  const count = tag.readUInt32BE(8);
  // One entry is a single gamma, none the identity: neither is the curve of sRGB.
  if (count < 2 || tag.length < 12 + count * 2) return undefined;
  const point = (index: number): number => tag.readUInt16BE(12 + index * 2) / 65535;
  return (code) => {
    const position = code * (count - 1);
    const below = Math.min(Math.floor(position), count - 2);
    return point(below) + (point(below + 1) - point(below)) * (position - below);
  };
}

/** Y = (aX + b)^g + e from X = d, and cX + f below: forms 3 (without e and f) and 4, which Android writes. */
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

/** A number with 16 bits before the point and 16 behind. */
function fixedAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) / 65536;
}
