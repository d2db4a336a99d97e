import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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
