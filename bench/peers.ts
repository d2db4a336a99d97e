import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { bundleOptions } from '../asset/bundle.ts';
import { PROJECT_ROOT } from '../asset/packaged-file.ts';
import { ALLOCATOR } from '../lambda-src/contract/environment.ts';
import { MEGABYTES_PER_VCPU } from '../lambda-src/contract/memory.ts';
import { type Command, environmentOf } from './renderer-process.ts';

const execute = promisify(execFile);

interface Peer {
  /** The Debian package that contains it. */
  readonly debianPackage: string;
  readonly version: readonly [program: string, ...args: string[]];
}

/** The programs that we compare with. */
const PEERS = {
  pillow: { debianPackage: 'python3-pil', version: ['python3', '-c', 'import PIL; print("Pillow", PIL.__version__)'] },
  imagemagick: { debianPackage: 'imagemagick', version: ['convert', '-version'] },
  vipsthumbnail: { debianPackage: 'libvips-tools', version: ['vipsthumbnail', '--version'] },
  'libjpeg-turbo': { debianPackage: 'libjpeg-turbo-progs', version: ['djpeg', '-version'] },
  taskset: { debianPackage: 'util-linux', version: ['taskset', '--version'] },
} as const satisfies Record<string, Peer>;
export type PeerName = keyof typeof PEERS;

/** Returns the first line of each installed peer's version output. */
export async function installedPeers(): Promise<Partial<Record<PeerName, string>>> {
  const found = await Promise.all(Object.entries(PEERS).map(async ([name, { version }]) => [name, await versionOf(version)] as const));
  return Object.fromEntries(found.filter(([, version]) => version !== undefined));
}

/** Returns why a row that needs these peers cannot be measured; undefined if all are installed. */
export function missing(installed: Partial<Record<PeerName, string>>, needed: readonly PeerName[]): string | undefined {
  const absent = needed.filter((name) => installed[name] === undefined).map((name) => PEERS[name].debianPackage);
  return absent.length === 0 ? undefined : `needs Debian’s ${absent.join(', ')}`;
}

/** Returns the path of a script in bench/peers. */
export function peerScript(name: string): string {
  return fileURLToPath(new URL(`peers/${name}`, import.meta.url));
}

/** Returns the command for Pillow, as a process that renders job after job. */
export function pillow(...options: 'draft'[]): Command {
  return { program: 'python3', args: [peerScript('pillow.py'), ...options] };
}

/** Returns the command for a plain sharp script that renders job after job, or, with arguments, one folder. */
export function plainSharp(...args: [] | [folder: string, output: string]): Command {
  return { program: process.execPath, args: [peerScript('plain-sharp.mjs'), ...args] };
}

async function versionOf([program, ...args]: readonly [string, ...string[]]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await execute(program, args, { env: environmentOf({ program, args }) });
    return (stdout || stderr)
      .split('\n')[0]
      ?.replace(/^Version: | https?:.*| \(build.*/g, '')
      .trim();
  } catch {
    return undefined;
  }
}

/** Inside the project, so that the bundle finds sharp's native code. */
const BUNDLES = join(PROJECT_ROOT, 'dist', 'bench');

export const ONE_CPU_MB = MEGABYTES_PER_VCPU;
export const TWO_CPUS_MB = 2 * MEGABYTES_PER_VCPU;

/** Bundles a module of the project like the function. Returns its path. */
export async function bundled(entryPoint: string): Promise<string> {
  const { metafile } = await build({ ...bundleOptions(PROJECT_ROOT, entryPoint), outdir: BUNDLES, metafile: true });
  const [output = ''] = Object.keys(metafile.outputs).filter((path) => path.endsWith('.mjs'));
  return join(PROJECT_ROOT, output);
}

/** Returns the command for our renderer, a process that renders job after job as in a function with that much memory. */
export async function ours(memoryMb: number): Promise<Command> {
  const bundle = await bundled('bench/peers/ours.ts');
  return {
    program: process.execPath,
    args: [bundle],
    environment: { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb), ...ALLOCATOR },
  };
}
