import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Architecture } from './architecture.ts';
import { bundleHandler } from './bundle.ts';
import { zipOf } from './deterministic-zip.ts';
import { fingerprintOf } from './fingerprint.ts';
import { nativeModules } from './native-modules.ts';
import { PROJECT_ROOT, writeWhole } from './packaged-file.ts';

/** A zip that Lambda takes. */
export interface FunctionPackage {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 in base64, as Lambda's `CodeSha256`. */
  readonly sha256: string;
}

/** Stands beside the zip and says what it was made from. */
const receiptSchema = z.object({ fingerprint: z.string(), sha256: z.string() });

/** Where the package of an architecture is written. */
export function packagePath(root: string, { name }: Architecture): string {
  return join(root, 'dist', `image-processor-${name}.zip`);
}

/**
 * Builds `dist/image-processor-<architecture>.zip`, the same bytes every time.
 * @throws {PackageError} when it cannot be built
 */
export async function createPackage(architecture: Architecture, root = PROJECT_ROOT): Promise<FunctionPackage> {
  const fingerprint = await fingerprintOf(root, architecture.name);
  const [bundle, modules] = await Promise.all([bundleHandler(root), nativeModules(root, architecture)]);
  const zip = await zipOf([...bundle, ...modules]);
  const path = packagePath(root, architecture);
  const sha256 = sha256Of(zip);
  await writeWhole(path, zip);
  await writeWhole(receiptPath(path), `${JSON.stringify({ fingerprint, sha256 }, null, 2)}\n`);
  return { path, bytes: zip.length, sha256 };
}

/** The package that is there already, if it is what `createPackage` would make now and nobody changed it since. */
export async function freshPackage(architecture: Architecture, root = PROJECT_ROOT): Promise<FunctionPackage | undefined> {
  const path = packagePath(root, architecture);
  const [zip, receipt] = await Promise.all([path, receiptPath(path)].map((file) => readFile(file).catch(() => undefined)));
  if (zip === undefined || receipt === undefined) return undefined;
  const recorded = receiptSchema.safeParse(parseJson(receipt));
  const sha256 = sha256Of(zip);
  if (!recorded.success || recorded.data.sha256 !== sha256) return undefined;
  if (recorded.data.fingerprint !== (await fingerprintOf(root, architecture.name))) return undefined;
  return { path, bytes: zip.length, sha256 };
}

function receiptPath(zipPath: string): string {
  return zipPath.replace(/zip$/, 'json');
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
