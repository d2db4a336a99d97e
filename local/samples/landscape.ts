// Bare names, because they are looked up a hundred million times and jest makes `Math` a slow proxy.
const { abs, exp, floor, hypot, imul, max, min, round, sin } = Math;

/** Red, green and blue, 0–255. */
export type Colour = readonly [number, number, number];

/** A landscape as data; fractions are of the picture's width or height. */
export interface Scene {
  readonly seed: number;
  /** Zenith, middle and horizon. */
  readonly sky: readonly [Colour, Colour, Colour];
  readonly sun: { readonly x: number; readonly y: number; readonly radius: number; readonly colour: Colour };
  /** Share of the sky that clouds cover, 0–1, and their lit colour. */
  readonly clouds: { readonly cover: number; readonly colour: Colour };
  /** Colours of the furthest and the nearest ridge; those in between are interpolated. */
  readonly ridges: { readonly count: number; readonly far: Colour; readonly near: Colour };
  /** Vertical position of the furthest ridge. */
  readonly horizon: number;
  /** Below this line a lake mirrors everything above. */
  readonly shore?: number;
  readonly stars?: boolean;
  /** Conifers on the nearest ridges. */
  readonly trees?: boolean;
}

/** Three bytes a pixel, row by row. */
export interface Picture {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Paints a scene; the same scene and size give the same bytes. */
export function paint(scene: Scene, width: number, height: number): Picture {
  const data = Buffer.alloc(width * height * 3);
  const colourAt = painterOf(scene, width, height);
  let offset = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const channel of colourAt(x, y)) data[offset++] = max(0, min(255, round(channel)));
    }
  }
  return { data, width, height };
}

/** Strength of the grain, in levels of 255. */
const GRAIN = 14;
/** Length of a run of pixels that share one part of the noise; the next run uses another, so that no pattern is visible. */
const GRAIN_RUN = 512;

/** Adds the grain of a camera sensor, which is what makes a photo hard to compress. */
export function withGrain({ data, width, height }: Picture): Picture {
  const grain = Int8Array.from({ length: 2 ** 16 }, (_, i) => (hash(1, i, 0) + hash(2, i, 0) + hash(3, i, 0) - 1.5) * GRAIN);
  const grainy = new Uint8ClampedArray(data.length);
  for (let run = 0; run < width * height; run += GRAIN_RUN) {
    const from = floor(hash(4, run, 0) * (grain.length - GRAIN_RUN));
    for (let step = 0; step < GRAIN_RUN; step++) {
      const level = grain[from + step] ?? 0;
      const offset = (run + step) * 3;
      grainy[offset] = (data[offset] ?? 0) + level;
      grainy[offset + 1] = (data[offset + 1] ?? 0) + level;
      grainy[offset + 2] = (data[offset + 2] ?? 0) + level;
    }
  }
  return { data: Buffer.from(grainy.buffer), width, height };
}

type Painter = (x: number, y: number) => Colour;

function painterOf(scene: Scene, width: number, height: number): Painter {
  const land = landPainter(scene, width, height);
  if (scene.shore === undefined) return land;
  const shore = round(scene.shore * height);
  return (x, y) => (y < shore ? land(x, y) : reflection(scene, land, shore, x, y));
}

function reflection({ seed, sky }: Scene, land: Painter, shore: number, x: number, y: number): Colour {
  const depth = (y - shore) / shore;
  // Ripples are wide and flat, and grow towards the viewer.
  const ripple = (noise2d(seed + 7, x / (12 + 160 * depth), y / (1.5 + 14 * depth)) - 0.5) * (2 + 46 * depth);
  const mirrored = land(x, max(0, min(shore - 1, 2 * shore - y + ripple)));
  return scale(mix(mirrored, sky[0], 0.16 + 0.35 * depth), 0.9 + ripple / 220);
}

function landPainter(scene: Scene, width: number, height: number): Painter {
  const sky = skyPainter(scene, width, height);
  const ridges = ridgesOf(scene, width, height);
  return (x, y) => {
    const ridge = ridges.find(({ skyline }) => y >= (skyline[x] ?? height));
    return ridge ? ridge.colourAt(x, y) : sky(x, y);
  };
}

interface Ridge {
  /** The first row of the ridge in every column. */
  readonly skyline: Float32Array;
  readonly colourAt: Painter;
}

/** Nearest first, because it hides the others. */
function ridgesOf(scene: Scene, width: number, height: number): Ridge[] {
  const { count } = scene.ridges;
  return Array.from({ length: count }, (_, index) => ridgeOf(scene, index / max(1, count - 1), width, height)).reverse();
}

/** One ridge; `nearness` 0 is the furthest. */
function ridgeOf(scene: Scene, nearness: number, width: number, height: number): Ridge {
  const bottom = scene.shore ?? 1;
  const level = scene.horizon + (bottom - scene.horizon) * nearness * 0.82;
  const seed = scene.seed * 31 + round(nearness * 100);
  const skyline = Float32Array.from({ length: width }, (_, x) => {
    const across = x / height;
    const hills = fbm1d(seed, across * (1.3 + nearness), 6) - 0.5;
    return (level - hills * (0.34 - 0.16 * nearness)) * height - (scene.trees ? treeTops(seed, across, nearness) * height : 0);
  });
  const colour = mix(scene.ridges.far, scene.ridges.near, nearness ** 0.8);
  return {
    skyline,
    colourAt: (x, y) => {
      const below = (y - (skyline[x] ?? 0)) / height;
      const texture = 0.9 + 0.2 * fbm2d(seed, x / 46, y / 15, 3);
      // Mist fills the valleys between ridges, less so near the viewer.
      const mist = min(1, below * 4.5) * 0.62 * (1 - nearness);
      return mix(scale(colour, texture), scene.sky[2], mist);
    },
  };
}

/** Conifers on the two nearest ridges, as a height. */
function treeTops(seed: number, across: number, nearness: number): number {
  if (nearness < 0.7) return 0;
  const spacing = 60 - 28 * nearness;
  const slot = floor(across * spacing);
  const tallness = noise1d(seed + 3, slot * 1.7);
  const tip = 1 - abs(across * spacing - slot - 0.5) * 2;
  const branches = 0.8 + 0.2 * sin(tip * 26);
  return tip * branches * tallness * (0.02 + 0.075 * nearness);
}

function skyPainter(scene: Scene, width: number, height: number): Painter {
  const [zenith, middle, horizon] = scene.sky;
  const sun = { ...scene.sun, x: scene.sun.x * width, y: scene.sun.y * height, radius: scene.sun.radius * height };
  return (x, y) => {
    const down = y / height / scene.horizon;
    const gradient = down < 0.55 ? mix(zenith, middle, down / 0.55) : mix(middle, horizon, min(1, (down - 0.55) / 0.45));
    const distance = hypot(x - sun.x, y - sun.y);
    const glow = exp(-distance / (sun.radius * 5)) * 0.75;
    const lit = mix(scene.stars ? withStars(scene.seed, gradient, x, y, height) : gradient, sun.colour, glow);
    const disc = mix(lit, scale(sun.colour, 1.08), smooth((sun.radius - distance) / (sun.radius * 0.12) + 0.5));
    return mix(disc, scene.clouds.colour, cloudAt(scene, x / height, y / height));
  };
}

function cloudAt({ seed, clouds, horizon }: Scene, x: number, y: number): number {
  const density = fbm2d(seed + 11, x * 2.2, y * 7.5, 5) - (1 - clouds.cover);
  const fade = min(1, (horizon - y) * 6 + 0.4);
  return smooth(density * 3.4) * 0.8 * max(0, fade);
}

function withStars(seed: number, colour: Colour, x: number, y: number, height: number): Colour {
  const cell = height / 130;
  const [column, row] = [floor(x / cell), floor(y / cell)];
  const luck = hash(seed + 17, column, row);
  if (luck < 0.93) return colour;
  const centre = { x: (column + 0.2 + 0.6 * hash(seed, row, column)) * cell, y: (row + 0.5) * cell };
  const brightness = exp(-(((x - centre.x) ** 2 + (y - centre.y) ** 2) / (cell * 0.16) ** 2)) * (luck - 0.9) * 10;
  return mix(colour, [255, 250, 235], min(1, brightness));
}

const mix = (a: Colour, b: Colour, share: number): Colour => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
];
const scale = (colour: Colour, factor: number): Colour => [colour[0] * factor, colour[1] * factor, colour[2] * factor];

const smooth = (value: number): number => {
  const inside = max(0, min(1, value));
  return inside * inside * (3 - 2 * inside);
};

/** Returns a deterministic number in [0, 1) for a point of the integer grid. */
function hash(seed: number, x: number, y: number): number {
  let bits = imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ imul(x | 0, 0xc2b2ae35) ^ imul(y | 0, 0x27d4eb2f);
  bits = imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}

function noise1d(seed: number, x: number): number {
  const cell = floor(x);
  const start = hash(seed, cell, 0);
  return start + (hash(seed, cell + 1, 0) - start) * smooth(x - cell);
}

function noise2d(seed: number, x: number, y: number): number {
  const [column, row] = [floor(x), floor(y)];
  const across = smooth(x - column);
  const upper = hash(seed, column, row) * (1 - across) + hash(seed, column + 1, row) * across;
  const lower = hash(seed, column, row + 1) * (1 - across) + hash(seed, column + 1, row + 1) * across;
  return upper + (lower - upper) * smooth(y - row);
}

/** Noise over octaves, each half as strong and twice as fine; in [0, 1). */
function fbm1d(seed: number, x: number, octaves: number): number {
  let [sum, weight] = [0, 0.5];
  for (let octave = 0; octave < octaves; octave++, weight /= 2) sum += weight * noise1d(seed + octave, x * 2 ** octave);
  return sum;
}

function fbm2d(seed: number, x: number, y: number, octaves: number): number {
  let [sum, weight] = [0, 0.5];
  for (let octave = 0; octave < octaves; octave++, weight /= 2) sum += weight * noise2d(seed + octave, x * 2 ** octave, y * 2 ** octave);
  return sum;
}
