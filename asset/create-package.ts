import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { z } from 'zod';
import type { Architecture } from './architecture.ts';
import { bundleHandler } from './bundle.ts';
import { fingerprintOf } from './fingerprint.ts';
import { heicDecoder } from './heic-decoder.ts';
import { billOfMaterials, describePackage, licenceNotices, type ShippedPackage } from './libraries.ts';
import { readLockFile } from './locked-tarball.ts';
import { nativePackages } from './native-packages.ts';
import { type PackagedFile, PROJECT_ROOT, writeWhole } from './packaged-file.ts';

/** The zip to upload to Lambda. */
export interface FunctionPackage {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 in base64, as Lambda's `CodeSha256`. */
  readonly sha256: string;
}

/** Written next to the zip to record what it was built from. */
const receiptSchema = z.object({ fingerprint: z.string(), sha256: z.string() });

/** What a package contains besides the handler. */
export interface PackageOptions {
  /** Whether it decodes HEIC. Default false. */
  readonly heic?: boolean;
}

/** Returns the path of the package for an architecture. */
export function packagePath(root: string, architecture: Architecture, options: PackageOptions = {}): string {
  return join(root, 'dist', `image-processor-${variantOf(architecture, options)}.zip`);
}

function variantOf({ name }: Architecture, { heic = false }: PackageOptions): string {
  return heic ? `${name}-heic` : name;
}

/**
 * Builds `dist/image-processor-<architecture>.zip`, or `-<architecture>-heic.zip`, and its bill of materials, `.cdx.json`. The same sources give
 * the same bytes.
 * @throws {PackageError} if the package cannot be built
 */
export async function createPackage(
  architecture: Architecture,
  root = PROJECT_ROOT,
  options: PackageOptions = {},
): Promise<FunctionPackage> {
  const fingerprint = await fingerprintOf(root, variantOf(architecture, options));
  const { files, libraries } = await packageContents(root, architecture, options);
  const zip = zipOf(files);
  const path = packagePath(root, architecture, options);
  const sha256 = sha256Of(zip);
  const product = { name: basename(path, '.zip'), version: await versionOf(root), sha256: Buffer.from(sha256, 'base64').toString('hex') };
  await writeWhole(path, zip);
  await writeWhole(billPath(path), asJson(billOfMaterials(product, libraries)));
  await writeWhole(receiptPath(path), asJson({ fingerprint, sha256 }));
  return { path, bytes: zip.length, sha256 };
}

/** Returns the existing package, if `createPackage` would build the same one and the zip was not modified since. */
export async function freshPackage(
  architecture: Architecture,
  root = PROJECT_ROOT,
  options: PackageOptions = {},
): Promise<FunctionPackage | undefined> {
  const path = packagePath(root, architecture, options);
  const files = [path, receiptPath(path), billPath(path)];
  const [zip, receipt, bill] = await Promise.all(files.map((file) => readFile(file).catch(() => undefined)));
  if (zip === undefined || receipt === undefined || bill === undefined) return undefined;
  const recorded = receiptSchema.safeParse(parseJson(receipt));
  const sha256 = sha256Of(zip);
  if (!recorded.success || recorded.data.sha256 !== sha256) return undefined;
  if (recorded.data.fingerprint !== (await fingerprintOf(root, variantOf(architecture, options)))) return undefined;
  return { path, bytes: zip.length, sha256 };
}

async function versionOf(root: string): Promise<string> {
  return z.looseObject({ version: z.string() }).parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))).version;
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function receiptPath(zipPath: string): string {
  return zipPath.replace(/zip$/, 'json');
}

function billPath(zipPath: string): string {
  return zipPath.replace(/zip$/, 'cdx.json');
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64');
}

function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch {
    return undefined;
  }
}

/** Contents of the zip. */
export interface PackageContents {
  readonly files: readonly PackagedFile[];
  /** The libraries whose code is in the files. */
  readonly libraries: readonly ShippedPackage[];
}

/**
 * Collects the bundled handler, sharp's native code for the architecture, the decoder for HEIC if it is asked for, and the licence notices.
 * @throws {PackageError} if a part cannot be built or downloaded, or if a licence is not allowed
 */
export async function packageContents(
  root: string,
  architecture: Architecture,
  { heic = false }: PackageOptions = {},
): Promise<PackageContents> {
  const [bundle, native, lockFile] = await Promise.all([bundleHandler(root), nativePackages(root, architecture), readLockFile(root)]);
  const bundled = await Promise.all(bundle.libraries.map((folder) => describePackage(join(root, folder), lockFile(folder))));
  const separate = heic ? [...native, await heicDecoder(root)] : native;
  const shipped = separate.map((part) => part.shipped);
  const notices = { path: 'THIRD-PARTY-NOTICES.txt', content: Buffer.from(licenceNotices(bundled, shipped)) };
  return {
    files: [...bundle.files, ...separate.flatMap(({ files }) => files), notices],
    libraries: [...bundled, ...shipped],
  };
}

/**
 * Zips files. The result depends only on their paths and contents, not on time, time zone, order or file permissions. fflate makes the
 * package 3 % smaller than zlib does, in less time.
 */
export function zipOf(files: readonly PackagedFile[]): Buffer {
  const entries: Zippable = {};
  for (const { path, content } of files.toSorted(byPath)) entries[path] = content;
  const zip = zipSync(entries, {
    level: 9,
    // DOS timestamps are local times without a zone, so local midnight gives the same bytes everywhere.
    mtime: new Date(1980, 0, 1),
    // Lambda runs as a user that does not own the files, so they must be world-readable: Unix permissions in the upper half.
    os: 3,
    attrs: (0o100644 << 16) >>> 0,
  });
  return Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
}

function byPath(a: PackagedFile, b: PackagedFile): number {
  // localeCompare would depend on the user's language.
  return a.path < b.path ? -1 : 1;
}
