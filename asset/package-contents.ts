import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { bundleHandler } from './bundle.ts';
import { heicDecoder } from './heic-decoder.ts';
import { licenceNotices } from './licence-notices.ts';
import { readLockFile } from './locked-tarball.ts';
import { nativePackages } from './native-packages.ts';
import type { PackagedFile } from './packaged-file.ts';
import { describePackage, type ShippedPackage } from './shipped-package.ts';

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
  { heic = false }: { readonly heic?: boolean } = {},
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
