import sharp from 'sharp';
import { seededRandom } from './seeded-random.ts';

/** A landscape as data. Colours are CSS colours; lengths are in thousandths of the picture's height. */
interface Scene {
  /** Colours at the zenith, in the middle and at the horizon. */
  readonly sky: readonly [string, string, string];
  /** `x` is in thousandths of the picture's width. */
  readonly sun: { readonly x: number; readonly y: number; readonly colour: string };
  readonly clouds: string;
  /** Colours of the ridges, the furthest first. */
  readonly ridges: readonly string[];
  /** Distance of the furthest ridge from the top. */
  readonly horizon: number;
  /** Distance of the shore from the top; the lake below it mirrors everything above. Default: no lake. */
  readonly shore?: number;
  /** Whether conifers grow on the nearest ridges. Default false. */
  readonly trees?: boolean;
  readonly stars?: boolean;
}

const SCENES = {
  evening: {
    sky: ['#2b2f63', '#b4577a', '#ffb45e'],
    sun: { x: 640, y: 420, colour: '#fff0c4' },
    clouds: '#ffd2b0',
    ridges: ['#a8607f', '#8a4f72', '#5f3a5e', '#3a2547', '#1a1430'],
    horizon: 520,
    trees: true,
  },
  lake: {
    sky: ['#2f6fb5', '#8fc0e6', '#e9f1f2'],
    sun: { x: 250, y: 200, colour: '#fffdf0' },
    clouds: '#ffffff',
    ridges: ['#8aa5bd', '#6a8a9b', '#45675f', '#1f3d36'],
    horizon: 360,
    shore: 640,
    trees: true,
  },
  dawn: {
    sky: ['#5a6fae', '#d9a5b8', '#fde3c0'],
    sun: { x: 320, y: 400, colour: '#fff3da' },
    clouds: '#f8d3d0',
    ridges: ['#b58fb0', '#9a7ea4', '#7c6b95', '#5d5884', '#43476f', '#2c3a5c'],
    horizon: 460,
    shore: 760,
  },
  forest: {
    sky: ['#9db8b5', '#cfdcd2', '#eef2e6'],
    sun: { x: 620, y: 200, colour: '#fffce8' },
    clouds: '#f6f8f2',
    ridges: ['#8fae9f', '#769a88', '#5a8270', '#416856', '#29493b', '#12291f'],
    horizon: 400,
    trees: true,
  },
  night: {
    sky: ['#050a1f', '#10264f', '#2f5d78'],
    sun: { x: 720, y: 200, colour: '#f4f1de' },
    clouds: '#3c5a78',
    ridges: ['#25486a', '#1d3a58', '#152b45', '#0c1a2e', '#040814'],
    horizon: 550,
    trees: true,
    stars: true,
  },
  desert: {
    sky: ['#3f87c4', '#b5d3de', '#fbe3bd'],
    sun: { x: 400, y: 280, colour: '#fff8dc' },
    clouds: '#fff4e6',
    ridges: ['#e0a877', '#c98553', '#aa5f37', '#8b3f24'],
    horizon: 550,
  },
} as const satisfies Record<string, Scene>;
export type SceneName = keyof typeof SCENES;

/** Eight-bit RGB pixels, row by row. */
export interface Picture {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
}

/** Longest side of the drawing, in pixels; a larger picture is enlarged from it. Drawing clouds and waves at 12 megapixels takes seconds. */
const DRAWN_SIDE = 800;
/** Side of the square of grain that covers the picture like tiles, in pixels. */
const GRAIN_SIDE = 256;
/** Strength of the grain, 0–127; a 12-megapixel JPEG of quality 90 takes 4 MB, as from a camera. */
const GRAIN = 22;

/** Paints a landscape with the grain of a camera sensor, which makes a photo hard to compress. The same arguments give the same pixels. */
export async function paintLandscape(name: SceneName, width: number, height: number, seed = 1): Promise<Picture> {
  const random = seededRandom(seed);
  const shrink = Math.min(1, DRAWN_SIDE / Math.max(width, height));
  const drawing = svg(SCENES[name], Math.ceil(width * shrink), Math.ceil(height * shrink), random);
  // In two steps: at once, sharp would draw at the final size.
  const drawn = await sharp(Buffer.from(drawing)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const tile = { width: Math.min(GRAIN_SIDE, width), height: Math.min(GRAIN_SIDE, height), channels: 1 } as const;
  const grain = Buffer.from(Array.from({ length: tile.width * tile.height }, () => 128 + GRAIN * (random() + random() - 1)));
  const image = sharp(drawn.data, { raw: { ...drawn.info, channels: 3 } }).resize(width, height, { fit: 'fill', kernel: 'cubic' });
  const grainy = image.composite([{ input: grain, raw: tile, tile: true, blend: 'hard-light' }]);
  return { data: await grainy.removeAlpha().raw().toBuffer(), width, height, channels: 3 };
}

function svg(
  { sky, sun, clouds, ridges, horizon, shore = 1000, trees, stars }: Scene,
  width: number,
  height: number,
  random: () => number,
): string {
  const right = Math.ceil((1000 * width) / height);
  const seed = Math.floor(random() * 1000);
  const land = ridges.map((colour, index) => {
    const nearness = index / (ridges.length - 1);
    const top = horizon + (shore - horizon) * nearness * 0.8;
    const hills = (shore - horizon) * (0.16 - 0.08 * nearness);
    return `<path d="${skyline(right, top, hills, trees && nearness > 0.7 ? 90 * nearness : 0, random)}V1000H0Z" fill="${colour}"/>
      <rect y="${top}" width="100%" height="${shore - top}" fill="url(#mist)" opacity="${0.6 * (1 - nearness)}"/>`;
  });
  const star = (): string =>
    `<circle cx="${random() * right}" cy="${random() * horizon}" r="${1 + 2 * random() ** 4}" fill="#fffaeb" opacity="${random()}"/>`;
  const water = `y="${shore}" width="100%" height="${1000 - shore}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${right} 1000" preserveAspectRatio="none">
    ${gradient('sky', 'linear', [0, sky[0], 1], [0.55, sky[1], 1], [1, sky[2], 1])}
    ${gradient('mist', 'linear', [0, sky[2], 0], [1, sky[2], 1])}
    ${gradient('clouds', 'linear', [0, clouds, 1], [1, clouds, 0.1])}
    ${gradient('water', 'linear', [0, sky[0], 0.1], [1, sky[0], 0.6])}
    ${gradient('sun', 'radial', [0.12, sun.colour, 1], [0.135, sun.colour, 0.6], [0.4, sun.colour, 0.25], [1, sun.colour, 0])}
    ${patches('cloudy', '.0022 .0075', 4, 5, seed)}
    ${patches('waves', '.004 .09', 2, 4, seed)}
    <clipPath id="above"><rect width="100%" height="${shore}"/></clipPath>
    <g id="land" clip-path="url(#above)">
      <rect width="100%" height="${horizon + 150}" fill="url(#sky)"/>
      ${Array.from({ length: stars ? 300 : 0 }, star).join('')}
      <circle cx="${sun.x / 10}%" cy="${sun.y}" r="380" fill="url(#sun)"/>
      <rect width="100%" height="${horizon}" fill="url(#clouds)" filter="url(#cloudy)"/>
      ${land.join('')}
    </g>
    <use href="#land" transform="matrix(1 0 0 -1 0 ${2 * shore})"/>
    <rect ${water} fill="url(#water)"/>
    <rect ${water} fill="${sky[2]}" opacity=".2" filter="url(#waves)"/>
  </svg>`;
}

function gradient(id: string, kind: 'linear' | 'radial', ...stops: [offset: number, colour: string, opacity: number][]): string {
  const direction = kind === 'linear' ? 'x2="0" y2="1"' : '';
  const inside = stops.map(([offset, colour, opacity]) => `<stop offset="${offset}" stop-color="${colour}" stop-opacity="${opacity}"/>`);
  return `<${kind}Gradient id="${id}" ${direction}>${inside.join('')}</${kind}Gradient>`;
}

/** A filter that leaves patches of a shape. `contrast` is that of their edges. */
function patches(id: string, frequency: string, octaves: number, contrast: number, seed: number): string {
  return `<filter id="${id}" x="0" y="0" width="1" height="1">
    <feTurbulence type="fractalNoise" baseFrequency="${frequency}" numOctaves="${octaves}" seed="${seed}"/>
    <feColorMatrix values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  ${contrast} 0 0 0 ${-0.48 * contrast}"/>
    <feComposite in="SourceGraphic" operator="in"/></filter>`;
}

/** Returns the skyline of a ridge as the start of a path. Waves of falling length and height make its hills, of height `hills`. */
function skyline(right: number, top: number, hills: number, trees: number, random: () => number): string {
  const waves = Array.from({ length: 8 }, (_, octave) => ({
    turns: 1.9 ** octave / 180,
    height: hills / 2.1 ** octave,
    start: random() * 7,
  }));
  const ground = (x: number): number => waves.reduce((y, { turns, height, start }) => y + height * Math.sin(x * turns + start), top);
  let path = `M0 ${ground(0)}`;
  for (let x = 0, step = 3; x < right; x += step) {
    if (trees > 0) step = 6 + 16 * random();
    if (trees > 0) path += `L${x + step / 2} ${ground(x) - trees * (0.3 + 0.7 * random())}`;
    path += `L${x + step} ${ground(x + step)}`;
  }
  return path;
}
