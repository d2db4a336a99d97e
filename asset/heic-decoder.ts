import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from './bundle.ts';
import { describePackage, type ShippedPackage, type ShippedPart } from './libraries.ts';
import { readLockFile } from './locked-tarball.ts';
import type { PackagedFile } from './packaged-file.ts';

const LIBRARY = 'node_modules/libheif-js';

/** Versions that the WebAssembly file reports; a test asks it. */
export const HEIF_LIBRARIES = { libheif: '1.23.2', libde265: '1.0.15' } as const;

/**
 * Returns the decoder, which is only in the packages of functions that decode HEIC: its two threads, bundled, and libheif as the file that its
 * package ships, unchanged, so that users can replace it.
 */
export async function heicDecoder(root: string): Promise<ShippedPart> {
  const [code, wasm, shipped] = await Promise.all([
    Promise.all(['decoder', 'worker'].map((name) => bundled(root, name))),
    readFile(join(root, LIBRARY, 'libheif-wasm', 'libheif.wasm')),
    describeLibrary(root),
  ]);
  return { files: [...code, { path: 'heic/libheif.wasm', content: wasm }], shipped };
}

async function bundled(root: string, name: string): Promise<PackagedFile> {
  const options = { ...bundleOptions(root, `lambda-src/heic/${name}.ts`), sourcemap: false, write: false } as const;
  const [file] = (await build(options)).outputFiles;
  return { path: `heic/${name}.mjs`, content: Buffer.from(file?.contents ?? []) };
}

async function describeLibrary(root: string): Promise<ShippedPackage> {
  const lockFile = await readLockFile(root);
  const shipped = await describePackage(join(root, LIBRARY), lockFile(LIBRARY));
  // The LGPL only adds permissions to the GPL, whose text is in the licence file of libheif.
  const licence = await readFile(join(root, LIBRARY, 'libheif-wasm', 'LICENSE'), 'utf8');
  return { ...shipped, licenceTexts: [...shipped.licenceTexts, licence], contains: HEIF_LIBRARIES };
}
