import sharp, { type Exif } from 'sharp';
import { paintLandscape, type SceneName } from './landscape.ts';

/** Rotations that undo an EXIF orientation, in degrees: a camera held upright stores its picture sideways. */
const STORED_TURN = { 3: 180, 6: 270, 8: 90 } as const;

interface Sample {
  /** Path in the samples folder; also the key. */
  readonly name: string;
  readonly scene: SceneName;
  /** In pixels, as displayed. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation. */
  readonly orientation?: keyof typeof STORED_TURN;
  /** GPS position: degrees, minutes and seconds as EXIF fractions, north and east. */
  readonly gps?: readonly [latitude: string, longitude: string];
  readonly profile?: 'p3';
  /** Whether the picture fades to transparent in its corners. */
  readonly transparent?: boolean;
  /** Share of the file that an interrupted upload transferred, 0–1. */
  readonly cutAt?: number;
}

/** Typical uploads to a photo pipeline. */
export const SAMPLES: readonly Sample[] = [
  { name: 'Evening above the valley.jpg', scene: 'evening', width: 4000, height: 3000, gps: ['47/1 25/1 16/1', '10/1 59/1 7/1'] },
  { name: 'IMG_0001.JPG', scene: 'lake', width: 3000, height: 2000 },
  { name: 'Grüße aus Köln + Ümläut.JPG', scene: 'dawn', width: 2400, height: 1600, gps: ['50/1 56/1 29/1', '6/1 57/1 30/1'] },
  { name: 'phone/upright.jpg', scene: 'forest', width: 1500, height: 2000, orientation: 6 },
  { name: 'phone/other way up.jpeg', scene: 'night', width: 1500, height: 2000, orientation: 8 },
  { name: 'phone/upside down.jpg', scene: 'desert', width: 2000, height: 1500, orientation: 3 },
  { name: 'fading to transparent.png', scene: 'lake', width: 1200, height: 1200, transparent: true },
  { name: 'wide gamut Display P3.jpg', scene: 'desert', width: 1600, height: 1200, profile: 'p3' },
  { name: 'panorama.jpg', scene: 'dawn', width: 3600, height: 1200 },
  { name: 'small stays small.png', scene: 'evening', width: 320, height: 240 },
  { name: 'interrupted upload.jpg', scene: 'forest', width: 1600, height: 1200, cutAt: 0.45 },
];

/**
 * Generates the sample photos, the same bytes every time.
 * @param store saves a photo
 * @returns what `store` returned, in the order of `SAMPLES`
 */
export async function storeSamplePhotos<Stored>(store: (name: string, bytes: Buffer) => Promise<Stored>): Promise<Stored[]> {
  const stored: Stored[] = [];
  const queue = SAMPLES.entries();
  const work = async (): Promise<void> => {
    for (const [index, sample] of queue) stored[index] = await store(sample.name, await encode(sample, index));
  };
  // Two at a time: one is painted while the other is encoded. All at once would need half a gigabyte for pixels.
  await Promise.all([work(), work()]);
  return stored;
}

async function encode(sample: Sample, seed: number): Promise<Buffer> {
  const { data, ...raw } = await paintLandscape(sample.scene, sample.width, sample.height, seed);
  let photo = sharp(data, { raw }).withExif(exifOf(sample));
  if (sample.orientation) photo = photo.rotate(STORED_TURN[sample.orientation]).withMetadata({ orientation: sample.orientation });
  if (sample.profile) photo = photo.withIccProfile(sample.profile);
  if (sample.transparent) photo = photo.composite([{ input: fading(sample), blend: 'dest-in' }]);
  const bytes = await (sample.name.endsWith('.png') ? photo.png() : photo.jpeg({ quality: 92 })).toBuffer();
  return sample.cutAt === undefined ? bytes : bytes.subarray(0, bytes.length * sample.cutAt);
}

function exifOf({ gps }: Sample): Exif {
  const camera = { Make: 'Generated', Model: 'Landscape', Copyright: 'Public domain' };
  if (gps === undefined) return { IFD0: camera };
  const [latitude, longitude] = gps;
  return { IFD0: camera, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: latitude, GPSLongitudeRef: 'E', GPSLongitude: longitude } };
}

/** Returns a mask that is opaque in the middle and transparent in the corners. */
function fading({ width, height }: Sample): Buffer {
  return Buffer.from(
    `<svg width="${width}" height="${height}"><radialGradient id="fade"><stop offset="0.62"/><stop offset="1" stop-opacity="0"/></radialGradient>` +
      '<rect width="100%" height="100%" fill="url(#fade)"/></svg>',
  );
}
