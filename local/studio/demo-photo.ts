import sharp from 'sharp';
import { paint } from '../samples/landscape.ts';
import { SCENES } from '../samples/scenes.ts';

let painted: Promise<Buffer> | undefined;

/** A photo for the buttons of the page, so that they work before anybody has dropped one. */
export function demoPhoto(): Promise<Buffer> {
  painted ??= paintOnce();
  return painted;
}

function paintOnce(): Promise<Buffer> {
  const { data, width, height } = paint(SCENES.evening, 800, 600);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(2400)
    .jpeg({ quality: 92 })
    .toBuffer();
}
