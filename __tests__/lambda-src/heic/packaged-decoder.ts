import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { heicDecoder } from '../../../asset/heic-decoder.ts';
import { PROJECT_ROOT, writeWhole } from '../../../asset/packaged-file.ts';
import { type HeicDecoder, packagedHeicDecoder } from '../../../lambda-src/image/heic.ts';

/** Bundles the decoder into a temporary folder, as it is packaged. */
export async function bundledHeicDecoder(): Promise<{ decode: HeicDecoder; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'heic-decoder-'));
  for (const { path, content } of (await heicDecoder(PROJECT_ROOT)).files) await writeWhole(join(folder, path), content);
  return { decode: packagedHeicDecoder(pathToFileURL(`${folder}/`).href), remove: () => rm(folder, { recursive: true }) };
}
