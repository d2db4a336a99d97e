import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleHandler } from './bundle.ts';
import { fingerprintOf } from './fingerprint.ts';
import { PROJECT_ROOT, writeWhole } from './packaged-file.ts';

/**
 * Writes the bundle that is packaged for Lambda to `dist/image-processor-local/`, unless it is there. Below the project it finds the native
 * code for this machine in the project's own node_modules, so it needs no download.
 * @returns the path of its entry, which exports `handler`
 * @throws {PackageError} when the handler cannot be bundled
 */
export async function buildLocalBundle(root = PROJECT_ROOT): Promise<string> {
  const folder = join(root, 'dist', 'image-processor-local');
  const receipt = join(folder, 'fingerprint.txt');
  const fingerprint = await fingerprintOf(root, 'local');
  if ((await readFile(receipt, 'utf8').catch(() => '')) !== fingerprint) {
    const { files } = await bundleHandler(root);
    for (const { path, content } of files) await writeWhole(join(folder, path), content);
    await writeWhole(receipt, fingerprint);
  }
  return join(folder, 'index.mjs');
}
