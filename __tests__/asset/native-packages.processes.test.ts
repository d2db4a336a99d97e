import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { architectureNamed } from '../../asset/architecture.ts';
import type { ShippedPart } from '../../asset/libraries.ts';
import { nativePackages } from '../../asset/native-packages.ts';
import { PackageError } from '../../asset/packaged-file.ts';
import { keptTarball, lockPackages, nativeCode, standInProject, writeIn } from './stand-in-project.ts';

const ARM64 = architectureNamed('arm64');
const ADDON = '@img/sharp-linux-arm64@1.0.0';
const LIBVIPS = '@img/sharp-libvips-linux-arm64@2.0.0';

let root: string;
let downloads: string[];
let registry: Map<string, Buffer>;

beforeEach(async () => {
  root = await standInProject();
  downloads = [];
  registry = new Map();
  for (const specifier of [ADDON, LIBVIPS]) registry.set(specifier, await readFile(keptTarball(root, specifier)));
});

afterEach(() => rm(root, { recursive: true }));

/** Downloads from a registry that has both packages. */
async function download(specifier: string): Promise<Buffer> {
  downloads.push(specifier);
  const tarball = registry.get(specifier);
  if (tarball === undefined) throw new PackageError(`Cannot download ${specifier}`);
  return tarball;
}

function filesOf(packages: readonly ShippedPart[]): Map<string, Buffer> {
  return new Map(packages.flatMap(({ files }) => files).map(({ path, content }) => [path, content]));
}

/** Returns a copy with one byte changed. */
function changed(tarball: Buffer | undefined): Buffer {
  const copy = Buffer.from(tarball ?? '');
  copy[copy.length >> 1] = ~(copy[copy.length >> 1] ?? 0);
  return copy;
}

describe('the native packages', () => {
  test('are downloaded once, in the locked versions', async () => {
    for (const specifier of [ADDON, LIBVIPS]) await rm(keptTarball(root, specifier));

    const first = await nativePackages(root, ARM64, download);
    const second = await nativePackages(root, ARM64, download);

    expect(downloads.toSorted()).toEqual([LIBVIPS, ADDON]);
    expect([...filesOf(first).keys()].toSorted()).toEqual([
      'node_modules/@img/sharp-libvips-linux-arm64/lib/libvips-cpp.so.8.18.7',
      'node_modules/@img/sharp-libvips-linux-arm64/package.json',
      'node_modules/@img/sharp-libvips-linux-arm64/versions.json',
      'node_modules/@img/sharp-linux-arm64/index.cjs',
      'node_modules/@img/sharp-linux-arm64/lib/sharp.node',
      'node_modules/@img/sharp-linux-arm64/package.json',
    ]);
    expect(second).toEqual(first);
  });

  test('never come from node_modules, where they may have been modified', async () => {
    const other = Buffer.concat([nativeCode(ARM64), Buffer.from('changed')]);
    await writeIn(root, 'node_modules/@img/sharp-linux-arm64/package.json', JSON.stringify({ version: '1.0.0' }));
    await writeIn(root, 'node_modules/@img/sharp-linux-arm64/lib/sharp.node', other);

    const files = filesOf(await nativePackages(root, ARM64, download));

    expect(files.get('node_modules/@img/sharp-linux-arm64/lib/sharp.node')).toEqual(nativeCode(ARM64));
  });

  test('are downloaded again if a byte of the cached tarball changed', async () => {
    await writeFile(keptTarball(root, LIBVIPS), changed(registry.get(LIBVIPS)));

    const files = filesOf(await nativePackages(root, ARM64, download));

    expect(downloads).toEqual([LIBVIPS]);
    expect(files.get('node_modules/@img/sharp-libvips-linux-arm64/lib/libvips-cpp.so.8.18.7')).toEqual(nativeCode(ARM64));
  });

  test('are rejected, and not cached, if a downloaded byte does not match the lock file', async () => {
    await rm(keptTarball(root, ADDON));
    registry.set(ADDON, changed(registry.get(ADDON)));

    await expect(nativePackages(root, ARM64, download)).rejects.toMatchObject({
      code: 'PACKAGE_FAILED',
      message: expect.stringContaining(`${ADDON} from the registry does not match package-lock.json`),
    });
    await expect(readFile(keptTarball(root, ADDON))).rejects.toThrow('ENOENT');
  });

  test('are rejected if the lock file has no integrity for them', async () => {
    await lockPackages(root, { 'node_modules/@img/sharp-linux-arm64': { version: '1.0.0' } });

    await expect(nativePackages(root, ARM64, download)).rejects.toMatchObject({
      code: 'PACKAGE_FAILED',
      message: expect.stringContaining('package-lock.json has no entry with an integrity for node_modules/@img/sharp-linux-arm64'),
    });
  });
});
