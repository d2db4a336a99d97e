import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Architecture } from '../asset/architecture.ts';
import { lockedTarball, unpackTarball } from '../asset/locked-tarball.ts';
import { PROJECT_ROOT } from '../asset/packaged-file.ts';

/** Versions of the npm packages `node-linux-{cpu}`, which contain Node itself, by Lambda runtime. */
const RELEASES = {
  'nodejs22.x': {
    version: '22.23.3',
    x64: 'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
    arm64: 'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
  },
  'nodejs24.x': {
    version: '24.21.0',
    x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    arm64: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
} as const;
type Runtime = keyof typeof RELEASES;

/**
 * Returns the path of a Lambda runtime's Node for a CPU: the current Node, or one downloaded through npm once. It is not a dependency of the
 * project, because npm would prefer it over the user's own Node in every script.
 */
export async function nodeOf(runtime: Runtime, { nodeCpu }: Pick<Architecture, 'nodeCpu'>): Promise<string> {
  const { version, [nodeCpu]: integrity } = RELEASES[runtime];
  const isThisOne = process.arch === nodeCpu && process.versions.node.split('.')[0] === version.split('.')[0];
  if (isThisOne) return process.execPath;
  const folder = join(PROJECT_ROOT, 'node_modules', '.cache', 'image-pipeline', `node-linux-${nodeCpu}-${version}`);
  if (!existsSync(folder)) await fetchNode(`node-linux-${nodeCpu}`, { version, integrity }, folder);
  return join(folder, 'bin', 'node');
}

/** Downloads to a temporary folder first, so that an interrupted download never looks complete. */
async function fetchNode(name: string, release: { version: string; integrity: string }, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}-`);
  try {
    unpackTarball(await lockedTarball(PROJECT_ROOT, name, release), draft);
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
