import type { Rendition } from '../contract/recipe.ts';

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

type Box = Pick<Rendition, 'width' | 'height' | 'fit'>;

/** Returns the factor, at most 1, that scales a picture to a box. Pictures are never enlarged. */
export function scaleFor(picture: Size, box: Box): number {
  const [across, down] = [box.width / picture.width, box.height / picture.height];
  return Math.min(1, box.fit === 'cover' ? Math.max(across, down) : Math.min(across, down));
}

/** Scales a picture to whole pixels, at least one per side. */
export function scaled(picture: Size, scale: number): Size {
  return { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) };
}

/** Returns the size of the picture in a rendition: scaled, and cropped to the box. */
export function renditionSize(picture: Size, box: Box): Size {
  const whole = scaled(picture, scaleFor(picture, box));
  return { width: Math.min(whole.width, box.width), height: Math.min(whole.height, box.height) };
}
