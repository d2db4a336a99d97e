import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleHandler } from './bundle.ts';
import { fingerprintOf } from './fingerprint.ts';
import { heicDecoder } from './heic-decoder.ts';
import { PROJECT_ROOT, writeWhole } from './packaged-file.ts';

/**
 * Writes the bundle that runs on Lambda to `dist/image-processor-local/` (with the decoder for HEIC, `dist/image-processor-local-heic/`),
 * unless it is up to date. Inside the project folder, it finds this machine's native code in node_modules, without a download.
 * @returns the path of the entry module, which exports `handler`
 * @throws {PackageError} if the handler cannot be bundled
 */
export async function buildLocalBundle(root = PROJECT_ROOT, { heic = false }: { readonly heic?: boolean } = {}): Promise<string> {
  const variant = heic ? 'local-heic' : 'local';
  const folder = join(root, 'dist', `image-processor-${variant}`);
  const receipt = join(folder, 'fingerprint.txt');
  const fingerprint = await fingerprintOf(root, variant);
  if ((await readFile(receipt, 'utf8').catch(() => '')) !== fingerprint) {
    const [bundle, decoder] = await Promise.all([bundleHandler(root), heic ? heicDecoder(root) : undefined]);
    for (const { path, content } of [...bundle.files, ...(decoder?.files ?? [])]) await writeWhole(join(folder, path), content);
    await writeWhole(receipt, fingerprint);
  }
  return join(folder, 'index.mjs');
}
