import type { Colour, Scene } from './landscape.ts';

/** The landscapes of the sample photos. */
export const SCENES = {
  evening: {
    seed: 1,
    sky: [rgb('#2b2f63'), rgb('#b4577a'), rgb('#ffb45e')],
    sun: { x: 0.64, y: 0.42, radius: 0.055, colour: rgb('#fff0c4') },
    clouds: { cover: 0.52, colour: rgb('#ffd2b0') },
    ridges: { count: 5, far: rgb('#a8607f'), near: rgb('#1a1430') },
    horizon: 0.52,
    trees: true,
  },
  lake: {
    seed: 5,
    sky: [rgb('#2f6fb5'), rgb('#8fc0e6'), rgb('#e9f1f2')],
    sun: { x: 0.25, y: 0.2, radius: 0.04, colour: rgb('#fffdf0') },
    clouds: { cover: 0.56, colour: rgb('#ffffff') },
    ridges: { count: 4, far: rgb('#8aa5bd'), near: rgb('#1f3d36') },
    horizon: 0.36,
    shore: 0.62,
    trees: true,
  },
  dawn: {
    seed: 23,
    sky: [rgb('#5a6fae'), rgb('#d9a5b8'), rgb('#fde3c0')],
    sun: { x: 0.32, y: 0.4, radius: 0.05, colour: rgb('#fff3da') },
    clouds: { cover: 0.5, colour: rgb('#f8d3d0') },
    ridges: { count: 6, far: rgb('#b58fb0'), near: rgb('#2c3a5c') },
    horizon: 0.46,
    shore: 0.74,
  },
  forest: {
    seed: 33,
    sky: [rgb('#9db8b5'), rgb('#cfdcd2'), rgb('#eef2e6')],
    sun: { x: 0.62, y: 0.22, radius: 0.045, colour: rgb('#fffce8') },
    clouds: { cover: 0.46, colour: rgb('#f6f8f2') },
    ridges: { count: 6, far: rgb('#8fae9f'), near: rgb('#12291f') },
    horizon: 0.4,
    trees: true,
  },
  night: {
    seed: 9,
    sky: [rgb('#050a1f'), rgb('#10264f'), rgb('#2f5d78')],
    sun: { x: 0.72, y: 0.2, radius: 0.03, colour: rgb('#f4f1de') },
    clouds: { cover: 0.4, colour: rgb('#3c5a78') },
    ridges: { count: 5, far: rgb('#25486a'), near: rgb('#040814') },
    horizon: 0.55,
    stars: true,
    trees: true,
  },
  desert: {
    seed: 14,
    sky: [rgb('#3f87c4'), rgb('#b5d3de'), rgb('#fbe3bd')],
    sun: { x: 0.4, y: 0.3, radius: 0.05, colour: rgb('#fff8dc') },
    clouds: { cover: 0.42, colour: rgb('#fff4e6') },
    ridges: { count: 4, far: rgb('#e0a877'), near: rgb('#8b3f24') },
    horizon: 0.55,
  },
} as const satisfies Record<string, Scene>;

function rgb(hex: string): Colour {
  const channel = (start: number): number => Number.parseInt(hex.slice(start, start + 2), 16);
  return [channel(1), channel(3), channel(5)];
}
