import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleHandler } from './bundle.ts';
import { fingerprintOf } from './fingerprint.ts';
import { PROJECT_ROOT, writeWhole } from './packaged-file.ts';

/**
 * Writes the bundle that runs on Lambda to `dist/image-processor-local/`, unless it is up to date. Inside the project folder it finds this
 * machine's native code in node_modules, without a download.
 * @returns the path of the entry module, which exports `handler`
 * @throws {PackageError} if the handler cannot be bundled
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
