import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { architectureNamed } from '../../asset/architecture.ts';
import type { downloadPackage } from '../../asset/download-package.ts';
import { nativeModules } from '../../asset/native-modules.ts';
import { PackageError } from '../../asset/package-error.ts';
import { nativeCode, removeNativePackages, standInProject, writeIn } from './stand-in-project.ts';

const ARM64 = architectureNamed('arm64');

let root: string;
let downloads: string[];

beforeEach(async () => {
  root = await standInProject();
  downloads = [];
});

afterEach(() => rm(root, { recursive: true }));

/** A registry that always delivers. */
const download: typeof downloadPackage = async (name, { version }, folder) => {
  downloads.push(`${name}@${version}`);
  await writeIn(folder, 'package.json', JSON.stringify({ version }));
  await writeIn(folder, 'lib/native.node', nativeCode(ARM64));
};

const offline: typeof downloadPackage = async (name) => {
  throw new PackageError(`${name} cannot be fetched`);
};

describe('the native packages', () => {
  test('are taken from node_modules without a download when npm put them there', async () => {
    const files = await nativeModules(root, ARM64, download);

    expect(files.map(({ path }) => path)).toContain('node_modules/@img/sharp-linux-arm64/lib/sharp.node');
    expect(downloads).toEqual([]);
  });

  test('are downloaded in the locked versions when they are for another machine, once', async () => {
    await removeNativePackages(root, ARM64);

    const first = await nativeModules(root, ARM64, download);
    const second = await nativeModules(root, ARM64, offline);

    expect(downloads).toEqual(['@img/sharp-linux-arm64@1.0.0', '@img/sharp-libvips-linux-arm64@2.0.0']);
    expect(first.map(({ path }) => path).toSorted()).toEqual([
      'node_modules/@img/sharp-libvips-linux-arm64/lib/native.node',
      'node_modules/@img/sharp-libvips-linux-arm64/package.json',
      'node_modules/@img/sharp-linux-arm64/lib/native.node',
      'node_modules/@img/sharp-linux-arm64/package.json',
    ]);
    expect(second).toEqual(first);
  });

  test('are downloaded when node_modules has another version than the lock file', async () => {
    await writeIn(root, 'node_modules/@img/sharp-linux-arm64/package.json', JSON.stringify({ version: '0.9.0' }));

    await nativeModules(root, ARM64, download);

    expect(downloads).toHaveLength(2);
  });

  test('leave nothing in the cache when a download fails halfway', async () => {
    await removeNativePackages(root, ARM64);
    const halfway: typeof downloadPackage = (name, locked, folder) =>
      name.includes('libvips') ? offline(name, locked, folder) : download(name, locked, folder);

    await expect(nativeModules(root, ARM64, halfway)).rejects.toThrow('@img/sharp-libvips-linux-arm64 cannot be fetched');
    await nativeModules(root, ARM64, download);

    expect(downloads).toHaveLength(3);
  });

  test('are refused when the lock file does not say what they must be', async () => {
    const packages = { 'node_modules/@img/sharp-linux-arm64': { version: '1.0.0' } };
    await writeIn(root, 'package-lock.json', JSON.stringify({ lockfileVersion: 3, packages }));

    await expect(nativeModules(root, ARM64, download)).rejects.toMatchObject({
      code: 'PACKAGE_FAILED',
      message: expect.stringContaining('package-lock.json has no @img/sharp-linux-arm64 with an integrity'),
    });
  });
});
