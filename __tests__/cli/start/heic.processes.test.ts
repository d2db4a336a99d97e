import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { meanDifference } from '../../fixtures/difference.ts';
import { type HeicPhoto, heicPhotos, heicWithPlantedMetadata } from '../../fixtures/heic-photos.ts';
import { GPS_DEGREES, MARKERS } from '../../fixtures/planted-metadata.ts';
import { runProgram } from '../../started-program.ts';

/** Mean difference, 0–255, between the renditions of a HEIC and of the same picture in another format; without conversion, Display P3 differs by 10. */
const MOST_DIFFERENT = 4;

interface ImageResult {
  readonly status: string;
  readonly failureCode?: string;
  readonly outputs: readonly { readonly file: string; readonly width: number; readonly height: number }[];
}

let folder: string;
let photos: readonly HeicPhoto[];
let results: ReadonlyMap<string, ImageResult>;

async function start(...options: string[]): Promise<Map<string, ImageResult>> {
  const { code, stdout, stderr } = await runProgram(['cli/launch.mjs', '--json', '--no-report', '--out', join(folder, 'out'), ...options]);
  if (code !== 0) throw new Error(stderr);
  return new Map(JSON.parse(stdout).images.map(({ key, ...result }: ImageResult & { key: string }) => [key, result]));
}

async function renditionOf(key: string): Promise<Buffer> {
  return readFile(results.get(key)?.outputs[0]?.file ?? '');
}

function twinKey({ name, twin }: HeicPhoto): string {
  return `${name}-twin.${twin[0] === 0xff ? 'jpg' : 'png'}`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-heic-'));
  photos = await heicPhotos();
  const inputs = join(folder, 'photos');
  await mkdir(inputs);
  for (const photo of photos) {
    await writeFile(join(inputs, `${photo.name}.HEIC`), photo.heic);
    await writeFile(join(inputs, twinKey(photo)), photo.twin);
  }
  await writeFile(join(inputs, 'private.heif'), await heicWithPlantedMetadata());
  results = await start('--heic', inputs);
}, 300_000);

afterAll(() => rm(folder, { recursive: true }));

describe('npm start -- --heic', () => {
  test('processes every kind of HEIC photo', () => {
    expect([...results].filter(([, { status }]) => status !== 'processed')).toEqual([]);
    expect(results.size).toBe(2 * photos.length + 1);
  });

  test('makes the same renditions of them as of the same pictures in other formats', async () => {
    const differences: Record<string, number> = {};
    for (const photo of photos) {
      const difference = await meanDifference(await renditionOf(`${photo.name}.HEIC`), await renditionOf(twinKey(photo)));
      if (!(difference <= MOST_DIFFERENT)) differences[photo.name] = difference;
    }
    expect(differences).toEqual({});
  });

  test('leaves no byte of the metadata of a HEIC in a rendition', async () => {
    const original = await readFile(join(folder, 'photos', 'private.heif'));
    const rendition = await renditionOf('private.heif');
    const planted = [MARKERS.exif, MARKERS.gps, MARKERS.xmp, MARKERS.icc].flatMap((marker) => encodingsOf(marker));
    const degrees = Buffer.alloc(4);
    degrees.writeUInt32LE(GPS_DEGREES);
    const traces = [
      ...planted,
      degrees,
      Buffer.from(degrees).reverse(),
      ...['Exif\0', 'acsp', 'adobe:ns'].map((text) => Buffer.from(text)),
    ];
    expect([MARKERS.exif, MARKERS.gps, MARKERS.xmp].filter((marker) => !original.includes(marker))).toEqual([]);
    expect(encodingsOf(MARKERS.icc).some((marker) => original.includes(marker))).toBe(true);
    expect(original.includes(degrees)).toBe(true);
    expect(traces.filter((trace) => rendition.includes(trace)).map(String)).toEqual([]);
    const { exif, icc, xmp, orientation } = await sharp(rendition).metadata();
    expect({ exif, icc, xmp, orientation }).toEqual({});
  });
});

test('without --heic, HEIC photos are not decoded', async () => {
  const [first] = photos;
  await writeFile(join(folder, 'photo.heic'), first?.heic ?? '');
  // This preset is triggered by every key.
  const without = await start('--preset', 'media-thumbnails', join(folder, 'photo.heic'));
  expect(without.get('photo.heic')).toMatchObject({ status: 'failed', failureCode: 'UnsupportedHeic' });
});

function encodingsOf(text: string): Buffer[] {
  return [Buffer.from(text), Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()];
}
