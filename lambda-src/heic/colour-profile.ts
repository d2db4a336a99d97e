/** What the `nclx` colour information of a HEIF file says (ITU-T H.273). */
export interface CodedColours {
  readonly primaries: number;
  readonly transfer: number;
  /** Chromaticities x and y of red, green, blue and white. */
  readonly chromaticities: readonly number[];
}

/** Primaries that are shown as sRGB: BT.709, unspecified, and the television standards that differ from it by less than cameras do. */
const LIKE_SRGB = new Set([1, 2, 5, 6, 7, 22]);

/** Transfer curves whose values are light of up to 10,000 candelas, and must be reduced for a screen. */
const HDR_TRANSFERS: ReadonlyMap<number, string> = new Map([
  [16, 'PQ'],
  [18, 'HLG'],
]);

/** Returns the name of a high-dynamic-range curve; undefined for other curves. */
export function hdrCurve({ transfer }: CodedColours): string | undefined {
  return HDR_TRANSFERS.get(transfer);
}

/** D50, the white of the ICC profile connection space. */
const D50 = [0.9642, 1, 0.8249] as const;
/** The Bradford matrix, which maps XYZ to the responses of the eye (ICC.1:2010, annex E). */
const BRADFORD: Matrix = [0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296];

type Vector = readonly [number, number, number];
type Matrix = readonly [number, number, number, number, number, number, number, number, number];

/**
 * Makes an ICC profile of the primaries with the sRGB curve, which is what phones encode with whatever curve they name. Returns undefined if the
 * colours are those of sRGB or cannot be used.
 */
export function profileOf({ primaries, chromaticities }: CodedColours): Buffer | undefined {
  if (LIKE_SRGB.has(primaries)) return undefined;
  const [rx = 0, ry = 0, gx = 0, gy = 0, bx = 0, by = 0, wx = 0, wy = 0] = chromaticities;
  const white = toXyz(wx, wy);
  const columns = [toXyz(rx, ry), toXyz(gx, gy), toXyz(bx, by)] as const;
  const brightness = times(inverse(columnsToMatrix(columns)), white);
  const colorants = columns.map((column, index) => adapted(scaledBy(column, brightness[index] ?? 0), white));
  if (!colorants.flat().every(Number.isFinite)) return undefined;
  return profile(colorants);
}

function toXyz(x: number, y: number): Vector {
  return [x / y, 1, (1 - x - y) / y];
}

/** Adapts a colour from its white to D50. */
function adapted(xyz: Vector, white: Vector): Vector {
  const [from, to] = [times(BRADFORD, white), times(BRADFORD, D50)];
  const cones = times(BRADFORD, xyz);
  const scaled: Vector = [(cones[0] * to[0]) / from[0], (cones[1] * to[1]) / from[1], (cones[2] * to[2]) / from[2]];
  return times(inverse(BRADFORD), scaled);
}

function scaledBy([x, y, z]: Vector, factor: number): Vector {
  return [x * factor, y * factor, z * factor];
}

function columnsToMatrix([a, b, c]: readonly [Vector, Vector, Vector]): Matrix {
  return [a[0], b[0], c[0], a[1], b[1], c[1], a[2], b[2], c[2]];
}

function times([a, b, c, d, e, f, g, h, i]: Matrix, [x, y, z]: Vector): Vector {
  return [a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z];
}

function inverse([a, b, c, d, e, f, g, h, i]: Matrix): Matrix {
  const [A, B, C] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * A + b * B + c * C;
  return [
    ...scaledBy([A, c * h - b * i, b * f - c * e], 1 / determinant),
    ...scaledBy([B, a * i - c * g, c * d - a * f], 1 / determinant),
    ...scaledBy([C, b * g - a * h, a * e - b * d], 1 / determinant),
  ];
}

const HEADER_BYTES = 128;
/** The sRGB curve as parameters of ICC's function type 3: gamma, a, b, c and the limit of the linear part. */
const SRGB_CURVE = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];

/** Writes a matrix profile of ICC version 4 (ICC.1:2010, sections 7 to 10). */
function profile(colorants: readonly Vector[]): Buffer {
  const curve = Buffer.alloc(32);
  curve.write('para', 'latin1');
  curve.writeUInt16BE(3, 8);
  for (const [index, value] of SRGB_CURVE.entries()) curve.writeInt32BE(Math.round(value * 65_536), 12 + index * 4);
  const tags: readonly (readonly [string, Buffer])[] = [
    ['desc', localizedText('HEIC')],
    ['cprt', localizedText('none')],
    ['wtpt', xyz(D50)],
    ...['rXYZ', 'gXYZ', 'bXYZ'].map((tag, index) => [tag, xyz(colorants[index] ?? D50)] as const),
    ...['rTRC', 'gTRC', 'bTRC'].map((tag) => [tag, curve] as const),
  ];
  const table = Buffer.alloc(4 + tags.length * 12);
  table.writeUInt32BE(tags.length, 0);
  let at = HEADER_BYTES + table.length;
  for (const [index, [tag, content]] of tags.entries()) {
    table.write(tag, 4 + index * 12, 'latin1');
    table.writeUInt32BE(at, 8 + index * 12);
    table.writeUInt32BE(content.length, 12 + index * 12);
    at += content.length;
  }
  return Buffer.concat([header(at), table, ...tags.map(([, content]) => content)]);
}

function header(profileBytes: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(profileBytes, 0);
  bytes.writeUInt32BE(0x04300000, 8);
  bytes.write('mntrRGB XYZ ', 12, 'latin1');
  bytes.write('acsp', 36, 'latin1');
  for (const [index, value] of D50.entries()) bytes.writeInt32BE(Math.round(value * 65_536), 68 + index * 4);
  return bytes;
}

function xyz(values: Vector): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.write('XYZ ', 'latin1');
  for (const [index, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65_536), 8 + index * 4);
  return bytes;
}

/** A text of four letters in English. */
function localizedText(text: string): Buffer {
  const bytes = Buffer.alloc(28 + text.length * 2);
  bytes.write('mluc', 'latin1');
  bytes.writeUInt32BE(1, 8);
  bytes.writeUInt32BE(12, 12);
  bytes.write('enUS', 16, 'latin1');
  bytes.writeUInt32BE(text.length * 2, 20);
  bytes.writeUInt32BE(28, 24);
  for (const [index, letter] of [...text].entries()) bytes.writeUInt16BE(letter.charCodeAt(0), 28 + index * 2);
  return bytes;
}
