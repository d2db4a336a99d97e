import type { Rendition } from '../contract/recipe.ts';

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

type Box = Pick<Rendition, 'width' | 'height' | 'fit'>;

/** How much the picture shrinks for a box: 1 for not at all, as nothing is ever enlarged. */
export function scaleFor(picture: Size, box: Box): number {
  const [across, down] = [box.width / picture.width, box.height / picture.height];
  return Math.min(1, box.fit === 'cover' ? Math.max(across, down) : Math.min(across, down));
}

/** The whole picture at a scale: whole pixels, at least one each way. */
export function scaled(picture: Size, scale: number): Size {
  return { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) };
}

/** The size of a rendition: the scaled picture, or what the box leaves of it. */
export function renditionSize(picture: Size, box: Box): Size {
  const whole = scaled(picture, scaleFor(picture, box));
  return { width: Math.min(whole.width, box.width), height: Math.min(whole.height, box.height) };
}
