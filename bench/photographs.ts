import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EncodingOptions, encodeRaster, paintPhoto } from '../__tests__/fixtures/photos.ts';
import { writeWhole } from '../asset/packaged-file.ts';

interface Photograph extends EncodingOptions {
  readonly width: number;
  readonly height: number;
}

/** The benchmark photos: sizes of three generations of cameras, and 12 megapixels in other encodings. */
const PHOTOGRAPHS = {
  '4 MP': { width: 2400, height: 1600 },
  '6 MP': { width: 3000, height: 2000 },
  '12 MP': { width: 4000, height: 3000 },
  '24 MP': { width: 6000, height: 4000 },
  '12 MP with sRGB profile': { width: 4000, height: 3000, profile: 'srgb' },
  '12 MP progressive': { width: 4000, height: 3000, progressive: true },
  '12 MP PNG': { width: 4000, height: 3000, format: 'png' },
  '24 MP progressive': { width: 6000, height: 4000, progressive: true },
} as const satisfies Record<string, Photograph>;
export type PhotographName = keyof typeof PHOTOGRAPHS;

const PAINTERS = ['../local/samples/landscape.ts', '../local/samples/seeded-random.ts', '../__tests__/fixtures/photos.ts'];

/** Returns the path of a photograph. All of one size are painted together and kept in the system's temporary folder for the next run. */
export async function photograph(name: PhotographName): Promise<string> {
  const folder = join(tmpdir(), `image-pipeline-photographs-${await fingerprint()}`);
  const path = pathOf(folder, name);
  if (!existsSync(path)) await paintAll(PHOTOGRAPHS[name], folder);
  return path;
}

async function paintAll({ width, height }: Photograph, folder: string): Promise<void> {
  const picture = await paintPhoto(width, height);
  for (const [name, photo] of Object.entries<Photograph>(PHOTOGRAPHS)) {
    if (photo.width === width) await writeWhole(pathOf(folder, name), await encodeRaster(picture, photo));
  }
}

function pathOf(folder: string, name: string): string {
  return join(folder, `${name.replaceAll(' ', '-')}.${name.endsWith('PNG') ? 'png' : 'jpg'}`);
}

/** Returns a hash that changes with the pictures and with this list. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(PHOTOGRAPHS));
  for (const painter of PAINTERS) hash.update(await readFile(new URL(painter, import.meta.url)));
  return hash.digest('hex').slice(0, 12);
}
