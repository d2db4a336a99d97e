import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ARCHITECTURES, type Architecture } from '../../asset/architecture.ts';

/** Enough of an ELF file to be told apart by its CPU. */
export function nativeCode({ elfMachine }: Pick<Architecture, 'elfMachine'>): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(elfMachine, 18);
  return header;
}

/** A project with all that packaging reads, small, and with the native packages of both CPUs in place. */
export async function standInProject(changes: Readonly<Record<string, string | Buffer>> = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'stand-in-project-'));
  const files: Record<string, string | Buffer> = {
    'package.json': JSON.stringify({ type: 'module' }),
    'package-lock.json': JSON.stringify({ lockfileVersion: 3, packages: lockedPackages() }),
    'asset/bundle.ts': '// how it is bundled',
    'lambda-src/handler.ts': "import { greeting } from './greeting.ts';\nexport const handler = async () => greeting;",
    'lambda-src/greeting.ts': "export const greeting = 'hello';",
    ...Object.assign({}, ...ARCHITECTURES.map(nativePackages)),
    ...changes,
  };
  for (const [path, content] of Object.entries(files)) await writeIn(root, path, content);
  return root;
}

/** Writes a file of the project, with the folders above it. */
export async function writeIn(root: string, path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** Removes what the native packages of a CPU are in node_modules. */
export async function removeNativePackages(root: string, { nodeCpu }: Architecture): Promise<void> {
  for (const name of ['sharp', 'sharp-libvips']) await rm(join(root, `node_modules/@img/${name}-linux-${nodeCpu}`), { recursive: true });
}

function lockedPackages(): Record<string, object> {
  const entries = ARCHITECTURES.flatMap(({ nodeCpu }) => [
    [`node_modules/@img/sharp-linux-${nodeCpu}`, { version: '1.0.0', integrity: 'sha512-addon' }],
    [`node_modules/@img/sharp-libvips-linux-${nodeCpu}`, { version: '2.0.0', integrity: 'sha512-libvips' }],
  ]);
  return Object.fromEntries(entries);
}

/** Both packages with what is needed of them and what is not. */
function nativePackages(architecture: Architecture): Record<string, string | Buffer> {
  const addon = `node_modules/@img/sharp-linux-${architecture.nodeCpu}`;
  const libvips = `node_modules/@img/sharp-libvips-linux-${architecture.nodeCpu}`;
  return {
    [`${addon}/package.json`]: JSON.stringify({ version: '1.0.0' }),
    [`${addon}/README.md`]: 'not needed',
    [`${addon}/index.cjs`]: 'module.exports = {};',
    [`${addon}/lib/sharp.node`]: nativeCode(architecture),
    [`${libvips}/package.json`]: JSON.stringify({ version: '2.0.0' }),
    [`${libvips}/lib/libvips-cpp.so.8.18.7`]: nativeCode(architecture),
    [`${libvips}/lib/glib-2.0/include/glibconfig.h`]: 'not needed',
  };
}
