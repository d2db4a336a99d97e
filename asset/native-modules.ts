import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type Architecture, assertNativeCode } from './architecture.ts';
import { downloadPackage } from './download-package.ts';
import { filesUnder } from './fingerprint.ts';
import { type LockedPackage, lockedNativePackages } from './lock-file.ts';
import type { PackagedFile } from './packaged-file.ts';

type LockedPackages = Readonly<Record<string, LockedPackage>>;

/** What of the packages is needed at run time; headers, glib's build files and documentation are not. */
const NEEDED = /^(package\.json|versions\.json|[^/]+\.cjs|lib\/[^/]+\.(node|so[.\d]*))$/;
const NATIVE = /\.(node|so[.\d]*)$/;

/**
 * sharp's native packages for Linux on the architecture, in exactly the locked versions: from the project's own node_modules where
 * npm put them for this machine, else from a cache beside them, else through npm.
 * @throws {PackageError} when they are nowhere to be had, or hold native code for another CPU
 */
export async function nativeModules(root: string, architecture: Architecture, download = downloadPackage): Promise<PackagedFile[]> {
  const packages = await lockedNativePackages(root, architecture);
  const modules = join(root, 'node_modules');
  const cache = join(modules, '.cache', 'image-pipeline', cacheName(architecture, packages));
  const cachedModules = join(cache, 'node_modules');
  if (await holds(modules, packages)) return filesOf(modules, packages, architecture);
  if (!(await holds(cachedModules, packages))) await fillCache(cache, packages, download);
  return filesOf(cachedModules, packages, architecture);
}

function cacheName({ nodeCpu }: Architecture, packages: LockedPackages): string {
  return [`sharp-linux-${nodeCpu}`, ...Object.values(packages).map(({ version }) => version)].join('-');
}

async function holds(modules: string, packages: LockedPackages): Promise<boolean> {
  const present = await Promise.all(
    Object.entries(packages).map(async ([name, { version }]) => (await versionOf(join(modules, name))) === version),
  );
  return present.every(Boolean);
}

async function versionOf(folder: string): Promise<unknown> {
  const manifest = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  return JSON.parse(manifest).version;
}

/** Fills a folder beside the cache first, so that an interrupted download leaves nothing that looks complete. */
async function fillCache(cache: string, packages: LockedPackages, download: typeof downloadPackage): Promise<void> {
  await mkdir(join(cache, '..'), { recursive: true });
  const draft = await mkdtemp(`${cache}-`);
  try {
    for (const [name, locked] of Object.entries(packages)) await download(name, locked, join(draft, 'node_modules', name));
    await rm(cache, { recursive: true, force: true });
    await rename(draft, cache);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function filesOf(modules: string, packages: LockedPackages, architecture: Architecture): Promise<PackagedFile[]> {
  const files = await Promise.all(Object.keys(packages).map((name) => neededFiles(modules, name, architecture)));
  return files.flat();
}

async function neededFiles(modules: string, name: string, architecture: Architecture): Promise<PackagedFile[]> {
  const folder = join(modules, name);
  const paths = (await filesUnder(folder)).map((path) => relative(folder, path).split(sep).join('/')).filter((path) => NEEDED.test(path));
  return Promise.all(
    paths.map(async (path) => {
      const content = await readFile(join(folder, path));
      if (NATIVE.test(path)) assertNativeCode(content, architecture, `node_modules/${name}/${path}`);
      return { path: `node_modules/${name}/${path}`, content };
    }),
  );
}
