import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { type Rendition, recipeSchema, type Watermark } from '../../../lambda-src/contract/recipe.ts';
import { renderImage } from '../../../lambda-src/image/render.ts';
import { LIMITS, rendition } from './limits.ts';
import { colourAt, pixelsOf } from './rendering.ts';

const GREY = [128, 128, 128];
const RED = [255, 0, 0];
let folder: string;
let mark: Pick<Watermark, 'file' | 'digest'>;

async function saved(name: string, width: number, height: number): Promise<Pick<Watermark, 'file' | 'digest'>> {
  const bytes = await sharp({ create: { width, height, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 1 } } })
    .png()
    .toBuffer();
  const file = join(folder, name);
  await writeFile(file, bytes);
  return { file, digest: createHash('sha256').update(bytes).digest('hex').slice(0, 32) };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watermark-'));
  mark = await saved('mark.png', 40, 20);
});

afterAll(() => rm(folder, { recursive: true }));

function grey(width = 400, height = 200): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .png()
    .toBuffer();
}

async function renderMarked(
  bytes: Buffer,
  watermark: Partial<Watermark> = {},
  changes: Partial<Rendition> = {},
  limits: object = {},
): Promise<Buffer> {
  const recipe = recipeSchema.parse({ renditions: [rendition({ watermark: true, ...changes })], watermark: { ...mark, ...watermark } });
  const { renditions } = await renderImage(bytes, { recipe, limits: { ...LIMITS, ...limits }, timeoutMilliseconds: 100_000 });
  return renditions[0]?.body ?? Buffer.alloc(0);
}

describe('a watermark', () => {
  // The rendition has 400 × 200 pixels and the mark 80 × 40, as wide as a fifth of it.
  test.each<[Watermark['gravity'], left: number, top: number]>([
    ['northwest', 0, 0],
    ['north', 160, 0],
    ['northeast', 320, 0],
    ['west', 0, 80],
    ['centre', 160, 80],
    ['east', 320, 80],
    ['southwest', 0, 160],
    ['south', 160, 160],
    ['southeast', 320, 160],
  ])('with the gravity %s begins at %d, %d', async (gravity, left, top) => {
    const pixels = await pixelsOf(await renderMarked(await grey(), { gravity }));
    expect([pixels.width, pixels.height, pixels.channels]).toEqual([400, 200, 3]);
    expect([colourAt(pixels, left + 2, top + 2), colourAt(pixels, left + 77, top + 37)]).toEqual([RED, RED]);
    const outside = [
      [left - 3, top + 5],
      [left + 83, top + 5],
      [left + 5, top - 3],
      [left + 5, top + 43],
    ].filter(([x = 0, y = 0]) => x >= 0 && y >= 0 && x < 400 && y < 200);
    expect(outside.map(([x = 0, y = 0]) => colourAt(pixels, x, y))).toEqual(outside.map(() => GREY));
  });

  test('is in the southeast at a fifth of the width by default', async () => {
    const pixels = await pixelsOf(await renderMarked(await grey()));
    expect([colourAt(pixels, 322, 162), colourAt(pixels, 317, 162)]).toEqual([RED, GREY]);
  });

  test('lets the picture through by its opacity', async () => {
    const pixels = await pixelsOf(await renderMarked(await grey(), { opacity: 0.5, gravity: 'centre' }));
    const [red = 0, green = 0] = colourAt(pixels, 200, 100);
    expect([Math.abs(red - 191) <= 2, Math.abs(green - 64) <= 2]).toEqual([true, true]);
  });

  test('is never higher than the picture', async () => {
    const tall = await saved('tall.png', 20, 400);
    const pixels = await pixelsOf(await renderMarked(await grey(), { ...tall, scale: 1, gravity: 'northwest' }));
    expect([colourAt(pixels, 5, 100), colourAt(pixels, 15, 100)]).toEqual([RED, GREY]);
  });

  test('scales with the rendition', async () => {
    const pixels = await pixelsOf(await renderMarked(await grey(), { scale: 0.5, gravity: 'northwest' }, { width: 100, height: 100 }));
    expect([colourAt(pixels, 46, 20), colourAt(pixels, 54, 20)]).toEqual([RED, GREY]);
  });

  test('is on the picture, not on the background around it', async () => {
    const pixels = await pixelsOf(
      await renderMarked(await grey(), { gravity: 'southeast' }, { width: 400, height: 400, fit: 'contain', background: '#ffffff' }),
    );
    expect([colourAt(pixels, 398, 298), colourAt(pixels, 398, 302), colourAt(pixels, 398, 257)]).toEqual([RED, [255, 255, 255], GREY]);
  });

  test('is not sharpened or mixed with the colours of a JPEG’s background', async () => {
    const pixels = await pixelsOf(await renderMarked(await grey(), { gravity: 'centre' }, { format: 'jpeg', sharpen: 2, quality: 100 }));
    expect(colourAt(pixels, 200, 100).map((value) => Math.round(value / 16))).toEqual([16, 0, 0]);
  });

  test('keeps a transparent picture transparent', async () => {
    const clear = await sharp({ create: { width: 400, height: 200, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    const { data, channels } = await pixelsOf(await renderMarked(clear, { gravity: 'northwest' }));
    expect([channels, data[3], data[(100 * 400 + 200) * 4 + 3]]).toEqual([4, 255, 0]);
  });

  test('is on every frame of an animation', async () => {
    const frames = [await grey(), await grey()];
    const film = await sharp(frames, { join: { animated: true } })
      .gif({ delay: [100, 100] })
      .toBuffer();
    const other = await sharp(
      [
        ...frames,
        await sharp({ create: { width: 400, height: 200, channels: 3, background: '#0000ff' } })
          .png()
          .toBuffer(),
      ],
      {
        join: { animated: true },
      },
    )
      .gif({ delay: [100, 100, 100] })
      .toBuffer();
    for (const moving of [film, other]) {
      const limits = { maxFrames: 3, maxAnimationPixels: 240_000 };
      const body = await renderMarked(moving, { gravity: 'northwest' }, { format: 'same', animated: true }, limits);
      const { pages = 1 } = await sharp(body).metadata();
      const marked = await Promise.all(
        Array.from({ length: pages }, async (_, page) => colourAt(await pixelsOf(await sharp(body, { page }).png().toBuffer()), 20, 10)),
      );
      expect(marked).toEqual(marked.map(() => RED));
    }
  });

  test('is not on a rendition without it', async () => {
    const pixels = await pixelsOf(await renderMarked(await grey(), { gravity: 'centre' }, { watermark: false }));
    expect(colourAt(pixels, 200, 100)).toEqual(GREY);
  });

  test('that is missing, or not the one that was deployed, is a fault of the system, not of the image', async () => {
    await expect(renderMarked(await grey(), { file: join(folder, 'none.png') })).rejects.toThrow(
      /^The watermark .*none\.png cannot be read\. Deploy the synthesized stack again/,
    );
    await expect(renderMarked(await grey(), { file: (await saved('other.png', 9, 9)).file })).rejects.toThrow(
      /^The watermark .*other\.png is not the one that the settings name\./,
    );
    expect((await pixelsOf(await renderMarked(await grey()))).width).toBe(400);
  });
});
