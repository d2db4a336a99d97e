import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { type Architecture, assertNativeCode } from './architecture.ts';
import { filesUnder } from './fingerprint.ts';
import { describePackage, type ShippedPart } from './libraries.ts';
import { type downloadTarball, type LockFile, lockedTarball, readLockFile, unpackTarball } from './locked-tarball.ts';
import type { PackagedFile } from './packaged-file.ts';

/** The files that are needed at run time, without headers, glib's build files and documentation. */
const NEEDED = /^(package\.json|versions\.json|[^/]+\.cjs|lib\/[^/]+\.(node|so[.\d]*))$/;
const NATIVE = /\.(node|so[.\d]*)$/;

/**
 * Returns sharp's addon and libvips for Linux on the architecture, taken from the tarballs that the lock file names
 * (docs/decisions/native-code-from-locked-tarballs.md).
 * @throws {PackageError} if a tarball cannot be downloaded, does not match the lock file, or holds native code for another CPU
 */
export async function nativePackages(root: string, architecture: Architecture, download?: typeof downloadTarball): Promise<ShippedPart[]> {
  const lockFile = await readLockFile(root);
  const names = ['sharp', 'sharp-libvips'].map((name) => `@img/${name}-linux-${architecture.nodeCpu}`);
  return Promise.all(names.map((name) => nativePackage(root, name, lockFile, architecture, download)));
}

async function nativePackage(
  root: string,
  name: string,
  lockFile: LockFile,
  architecture: Architecture,
  download?: typeof downloadTarball,
): Promise<ShippedPart> {
  const locked = lockFile(`node_modules/${name}`);
  const tarball = await lockedTarball(root, name, locked, download);
  const folder = await mkdtemp(join(tmpdir(), 'native-package-'));
  try {
    unpackTarball(tarball, folder);
    return { shipped: await describePackage(folder, locked), files: await neededFiles(folder, name, architecture) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function neededFiles(folder: string, name: string, architecture: Architecture): Promise<PackagedFile[]> {
  const paths = (await filesUnder(folder)).map((path) => relative(folder, path).split(sep).join('/')).filter((path) => NEEDED.test(path));
  return Promise.all(
    paths.map(async (path) => {
      const content = await readFile(join(folder, path));
      if (NATIVE.test(path)) assertNativeCode(content, architecture, `node_modules/${name}/${path}`);
      return { path: `node_modules/${name}/${path}`, content };
    }),
  );
}
