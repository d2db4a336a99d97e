import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ARCHITECTURES, type Architecture } from '../../asset/architecture.ts';

type Files = Readonly<Record<string, string | Buffer>>;

/** Returns a minimal ELF header for a CPU. */
export function nativeCode({ elfMachine }: Pick<Architecture, 'elfMachine'>): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(elfMachine, 18);
  return header;
}

/** Creates a small project with everything that packaging reads, and with the native packages of both CPUs already cached. */
export async function standInProject(changes: Files = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'stand-in-project-'));
  const files: Files = {
    'package.json': JSON.stringify({ type: 'module', version: '1.2.3' }),
    'asset/bundle.ts': '// how it is bundled',
    'lambda-src/handler.ts': "import { greeting } from './greeting.ts';\nexport const handler = async () => greeting;",
    'lambda-src/reconciler.ts': "export const handler = async () => 'reconciled';",
    'lambda-src/greeting.ts': "export const greeting = 'hello';",
    ...changes,
  };
  for (const [path, content] of Object.entries(files)) await writeIn(root, path, content);
  const packages = await Promise.all(ARCHITECTURES.flatMap(nativePackages).map((files) => keptPackage(root, files)));
  await lockPackages(root, Object.assign({}, ...packages));
  return root;
}

/** Writes a file of the project and creates its folder. */
export async function writeIn(root: string, path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** Adds packages to the lock file, or replaces their entries. */
export async function lockPackages(root: string, packages: Readonly<Record<string, object>>): Promise<void> {
  const others = await lockedPackages(root);
  await writeIn(root, 'package-lock.json', JSON.stringify({ lockfileVersion: 3, packages: { ...others, ...packages } }));
}

/** Returns the packages in the lock file. */
async function lockedPackages(root: string): Promise<Record<string, { readonly integrity: string }>> {
  const lockFile = await readFile(join(root, 'package-lock.json'), 'utf8').catch(() => '{}');
  return JSON.parse(lockFile).packages;
}

/** Returns the path of a native package's cached tarball. */
export function keptTarball(root: string, specifier: string): string {
  return join(root, 'node_modules/.cache/image-pipeline', `${specifier.replace('/', '-').replace(/@(?=[^@]+$)/, '-')}.tgz`);
}

/** Caches a package, as packaging does, and returns its entry for the lock file. */
export async function keptPackage(root: string, files: Files): Promise<Record<string, object>> {
  const { name, version } = JSON.parse(String(files['package.json'])) as { name: string; version: string };
  const tarball = await tarballOf(files);
  await writeIn('', keptTarball(root, `${name}@${version}`), tarball);
  return { [`node_modules/${name}`]: { version, integrity: integrityOf(tarball) } };
}

const tarballs = new Map<string, Promise<Buffer>>();

/** Packs files as npm does. Memoized, because tar writes the time into the tarball: the same files must give the same bytes. */
function tarballOf(files: Files): Promise<Buffer> {
  const key = JSON.stringify(files);
  const tarball = tarballs.get(key) ?? packed(files);
  tarballs.set(key, tarball);
  return tarball;
}

async function packed(files: Files): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'tarball-'));
  for (const [path, content] of Object.entries(files)) await writeIn(folder, `package/${path}`, content);
  await promisify(execFile)('tar', ['-czf', join(folder, 'package.tgz'), '-C', folder, 'package']);
  const tarball = await readFile(join(folder, 'package.tgz'));
  await rm(folder, { recursive: true });
  return tarball;
}

/** Formats the SHA-512 as npm does in the lock file. */
function integrityOf(tarball: Buffer): string {
  return `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
}

/** Returns both packages, with files that the function needs and files that it does not. */
function nativePackages(architecture: Architecture): readonly [addon: Files, libvips: Files] {
  const { nodeCpu } = architecture;
  return [addonPackage(nodeCpu, nativeCode(architecture)), libvipsPackage(nodeCpu, nativeCode(architecture))];
}

/** Returns the files of sharp's addon package for a CPU. */
export function addonPackage(nodeCpu: Architecture['nodeCpu'], code: Buffer): Files {
  return {
    'package.json': JSON.stringify({ name: `@img/sharp-linux-${nodeCpu}`, version: '1.0.0', license: 'Apache-2.0' }),
    'README.md': 'not needed',
    LICENSE: 'Licence of the addon',
    'index.cjs': 'module.exports = {};',
    'lib/sharp.node': code,
  };
}

function libvipsPackage(nodeCpu: Architecture['nodeCpu'], code: Buffer): Files {
  return {
    'package.json': JSON.stringify({ name: `@img/sharp-libvips-linux-${nodeCpu}`, version: '2.0.0', license: 'LGPL-3.0-or-later' }),
    'README.md': '# libvips\n\n## Licensing\n\nheif is in it.\n\n## Other\n\nnot needed',
    'versions.json': JSON.stringify({ heif: '1.23.5' }),
    'lib/libvips-cpp.so.8.18.7': code,
    'lib/glib-2.0/include/glibconfig.h': 'not needed',
  };
}
