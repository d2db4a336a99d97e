import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { PRESETS } from '../../config/presets.ts';
import { responsiveSet } from '../../config/responsive-set.ts';
import { parseSettings } from '../../config/settings.ts';
import { type LocalPipeline, startLocalPipeline } from '../../local/local-pipeline.ts';

let folder: string;
let localPipeline: LocalPipeline;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rendition-options-'));
  const file = join(folder, 'logo.png');
  await writeFile(file, await plain('#ff0000', 40, 20));
  const settings = parseSettings({
    ...PRESETS['photo-sharing'](),
    architecture: 'x86_64',
    trigger: { suffixes: ['.jpg', '.gif'] },
    recipe: {
      renditions: [
        ...responsiveSet({
          name: 'photo',
          widths: [320, 640],
          formats: ['webp', 'jpeg'],
          cacheControl: 'public, max-age=31536000, immutable',
        }),
        ...responsiveSet({ name: 'card', widths: [200], formats: ['jpeg'], aspectRatio: 1, position: 'focal', watermark: true }),
        {
          ...{ name: 'moving', prefix: 'moving/', key: '{prefix}{dir}/{name}-{width}.{ext}', width: 320, height: 320 },
          ...{ format: 'same', animated: true, contentDisposition: 'attachment; {filename}', tags: { kind: 'copy' } },
        },
        { name: 'padded', prefix: 'padded/', width: 300, height: 300, fit: 'contain', background: '#0080ff' },
        { name: 'clear', prefix: 'clear/', width: 300, height: 300, fit: 'contain', format: 'png', background: 'transparent' },
      ],
      watermark: { file, gravity: 'northwest' },
    },
  });
  localPipeline = await startLocalPipeline({ settings, workers: 1 });
});

afterAll(async () => {
  await localPipeline?.close();
  await rm(folder, { recursive: true });
});

function plain(background: string, width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

async function colourOf(key: string, left: number, top: number): Promise<number[]> {
  const pixel = await sharp(await localPipeline.readRendition(key))
    .extract({ left, top, width: 1, height: 1 })
    .removeAlpha()
    .raw()
    .toBuffer();
  return [...pixel].map((value) => Math.round(value / 32) * 32);
}

test('a photo gets its responsive sets under the keys of their templates, cropped to its focal point and marked', async () => {
  const photo = await sharp(await plain('#00ff00', 1200, 800))
    .composite([{ input: await plain('#0000ff', 600, 800), left: 600, top: 0 }])
    .jpeg({ quality: 95 })
    .toBuffer();

  const { status, outputs } = await localPipeline.submit({ key: 'in/beach.jpg', body: photo, metadata: { 'focal-point': '0.9,0.5' } });

  expect(status).toBe('processed');
  expect(outputs.map(({ key, format, width, height }) => [key, format, width, height])).toEqual([
    ['photo/in/beach.jpg/320.webp', 'webp', 320, 213],
    ['photo/in/beach.jpg/320.jpg', 'jpeg', 320, 213],
    ['photo/in/beach.jpg/640.webp', 'webp', 640, 427],
    ['photo/in/beach.jpg/640.jpg', 'jpeg', 640, 427],
    ['card/in/beach.jpg/200.jpg', 'jpeg', 200, 200],
    ['moving/in/beach-320.jpg', 'jpeg', 320, 213],
    ['padded/in/beach.jpg', 'jpeg', 300, 300],
    ['clear/in/beach.jpg', 'png', 300, 300],
  ]);
  expect(await colourOf('card/in/beach.jpg/200.jpg', 100, 100)).toEqual([0, 0, 256]);
  expect(await colourOf('card/in/beach.jpg/200.jpg', 10, 5)).toEqual([256, 0, 0]);
  expect(await colourOf('photo/in/beach.jpg/640.jpg', 10, 5)).toEqual([0, 256, 0]);
});

test('a contained photo is surrounded by its background, also in the bundle, where sharp parses colours in our way', async () => {
  expect(await colourOf('padded/in/beach.jpg', 10, 10)).toEqual([0, 128, 256]);
  const { data } = await sharp(await localPipeline.readRendition('clear/in/beach.jpg'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([data[3], data[(150 * 300 + 10) * 4 + 3]]).toEqual([0, 255]);
});

test('an animation stays one where the rendition is animated, and is a still elsewhere', async () => {
  const frames = await Promise.all(['#ff0000', '#00ff00', '#0000ff'].map((colour) => plain(colour, 640, 480)));
  const film = await sharp(frames, { join: { animated: true } })
    .gif({ delay: [50, 60, 70] })
    .toBuffer();

  const { status } = await localPipeline.submit({ key: 'dance.gif', body: film });

  expect(status).toBe('processed');
  expect(await sharp(await localPipeline.readRendition('moving/dance-320.gif')).metadata()).toMatchObject({
    ...{ format: 'gif', width: 320, height: 240, pages: 3, delay: [50, 60, 70] },
  });
  expect((await sharp(await localPipeline.readRendition('photo/dance.gif/320.webp')).metadata()).pages ?? 1).toBe(1);
});

test('deleting the original finds every rendition by its key', async () => {
  await localPipeline.remove('in/beach.jpg');

  for (const key of ['photo/in/beach.jpg/320.webp', 'card/in/beach.jpg/200.jpg', 'moving/in/beach-320.jpg']) {
    await expect(localPipeline.readRendition(key)).rejects.toThrow();
  }
});
