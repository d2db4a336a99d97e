import { beforeAll, describe, expect, test } from '@jest/globals';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { paintLandscape } from '../../../local/samples/landscape.ts';
import { SAMPLES, storeSamplePhotos } from '../../../local/samples/sample-photos.ts';

const files = new Map<string, Buffer>();

beforeAll(async () => {
  await storeSamplePhotos(async (name, bytes) => {
    files.set(name, bytes);
    return name;
  });
});

function file(name: string): Buffer {
  const bytes = files.get(name);
  if (!bytes) throw new Error(`There is no sample "${name}".`);
  return bytes;
}

async function factsOf(name: string): Promise<Metadata> {
  return sharp(file(name)).metadata();
}

/** Returns the mean difference between a sample and its scene, in levels of 255. */
async function distanceFromScene(name: string, turn: (photo: Sharp) => Sharp): Promise<number> {
  const index = SAMPLES.findIndex((sample) => sample.name === name);
  const { scene = 'lake', width = 0, height = 0 } = SAMPLES[index] ?? {};
  const expected = await paintLandscape(scene, width / 10, height / 10, index);
  const actual = await turn(sharp(file(name)))
    .resize(expected.width, expected.height, { fit: 'fill' })
    .raw()
    .toBuffer();
  return actual.reduce((sum, level, at) => sum + Math.abs(level - (expected.data[at] ?? 0)), 0) / actual.length;
}

describe('the sample photos', () => {
  test('range from smaller than any rendition to twelve megapixels', () => {
    const pixels = SAMPLES.map(({ width, height }) => width * height);
    expect(Math.max(...pixels)).toBe(12_000_000);
    expect(Math.min(...pixels)).toBe(320 * 240);
  });

  test('decode at their stated size, except for the interrupted upload', async () => {
    const sizes = await Promise.all(
      [...files].map(async ([name, bytes]) => {
        const decoded = await sharp(bytes)
          .autoOrient()
          .raw()
          .toBuffer({ resolveWithObject: true })
          .catch(() => undefined);
        return [name, decoded && `${decoded.info.width}×${decoded.info.height}`];
      }),
    );
    expect(Object.fromEntries(sizes)).toEqual(
      Object.fromEntries(SAMPLES.map(({ name, width, height, cutAt }) => [name, cutAt ? undefined : `${width}×${height}`])),
    );
  });

  test.each([
    { name: 'phone/upside down.jpg', orientation: 3 },
    { name: 'phone/upright.jpg', orientation: 6 },
    { name: 'phone/other way up.jpeg', orientation: 8 },
  ] as const)('$name shows its scene only when rotated by its EXIF orientation $orientation', async ({ name, orientation }) => {
    expect((await factsOf(name)).orientation).toBe(orientation);
    const turned = await distanceFromScene(name, (photo) => photo.autoOrient());
    const asStored = await distanceFromScene(name, (photo) => photo);
    expect(asStored).toBeGreaterThan(turned * 3);
  });

  test('include some with a GPS position', async () => {
    const gpsTag = Buffer.from('2588040001000000', 'hex');
    const located = await Promise.all(SAMPLES.map(async ({ name }) => ((await factsOf(name)).exif?.includes(gpsTag) ? [name] : [])));
    expect(located.flat()).toEqual(['Evening above the valley.jpg', 'Grüße aus Köln + Ümläut.JPG']);
  });

  test('include a PNG that is transparent at its corners and opaque in its middle', async () => {
    const { data, info } = await sharp(file('fading to transparent.png'))
      .extractChannel('alpha')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(data[0]).toBe(0);
    expect(data[(info.width * info.height) / 2 + info.width / 2]).toBe(255);
  });

  test('include one in Display P3', async () => {
    const { icc } = await factsOf('wide gamut Display P3.jpg');
    expect(icc?.includes(Buffer.from('\0P\x003', 'latin1'))).toBe(true);
  });
});

test('a landscape has the same pixels every time', async () => {
  const [once, again] = [await paintLandscape('lake', 90, 60), await paintLandscape('lake', 90, 60)];
  expect(once.data.equals(again.data)).toBe(true);
  expect(once.data.equals((await paintLandscape('lake', 90, 60, 2)).data)).toBe(false);
});
