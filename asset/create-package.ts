import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Architecture } from './architecture.ts';
import { billOfMaterials } from './bill-of-materials.ts';
import { zipOf } from './deterministic-zip.ts';
import { fingerprintOf } from './fingerprint.ts';
import { packageContents } from './package-contents.ts';
import { PROJECT_ROOT, writeWhole } from './packaged-file.ts';

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

/** Returns the path of the package for an architecture. */
export function packagePath(root: string, { name }: Architecture): string {
  return join(root, 'dist', `image-processor-${name}.zip`);
}

/**
 * Builds `dist/image-processor-<architecture>.zip` and its bill of materials, `.cdx.json`. The same sources give the same bytes.
 * @throws {PackageError} if the package cannot be built
 */
export async function createPackage(architecture: Architecture, root = PROJECT_ROOT): Promise<FunctionPackage> {
  const fingerprint = await fingerprintOf(root, architecture.name);
  const { files, libraries } = await packageContents(root, architecture);
  const zip = zipOf(files);
  const path = packagePath(root, architecture);
  const sha256 = sha256Of(zip);
  const product = { name: basename(path, '.zip'), version: await versionOf(root), sha256: Buffer.from(sha256, 'base64').toString('hex') };
  await writeWhole(path, zip);
  await writeWhole(billPath(path), asJson(billOfMaterials(product, libraries)));
  await writeWhole(receiptPath(path), asJson({ fingerprint, sha256 }));
  return { path, bytes: zip.length, sha256 };
}

/** Returns the existing package, if `createPackage` would build the same one and the zip was not modified since. */
export async function freshPackage(architecture: Architecture, root = PROJECT_ROOT): Promise<FunctionPackage | undefined> {
  const path = packagePath(root, architecture);
  const files = [path, receiptPath(path), billPath(path)];
  const [zip, receipt, bill] = await Promise.all(files.map((file) => readFile(file).catch(() => undefined)));
  if (zip === undefined || receipt === undefined || bill === undefined) return undefined;
  const recorded = receiptSchema.safeParse(parseJson(receipt));
  const sha256 = sha256Of(zip);
  if (!recorded.success || recorded.data.sha256 !== sha256) return undefined;
  if (recorded.data.fingerprint !== (await fingerprintOf(root, architecture.name))) return undefined;
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
