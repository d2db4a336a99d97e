import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Architecture } from '../asset/architecture.ts';
import { lockedTarball, unpackTarball } from '../asset/locked-tarball.ts';
import { PROJECT_ROOT } from '../asset/packaged-file.ts';

const VERSION = '22.23.3';

/** Of the npm packages that are Node itself. */
const INTEGRITIES = {
  x64: 'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
  arm64: 'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
};

/**
 * The path of the Node that Lambda's nodejs22.x is: this one, or one that is fetched through npm once. It is no dependency of the
 * project, because npm would put it before the user's own Node in every script.
 */
export async function node22({ nodeCpu }: Pick<Architecture, 'nodeCpu'>): Promise<string> {
  if (process.version.startsWith('v22.')) return process.execPath;
  const folder = join(PROJECT_ROOT, 'node_modules', '.cache', 'image-pipeline', `node-linux-${nodeCpu}-${VERSION}`);
  if (!existsSync(folder)) await fetchNode(nodeCpu, folder);
  return join(folder, 'bin', 'node');
}

/** Fills a folder beside it first, so that an interrupted download leaves nothing that looks complete. */
async function fetchNode(cpu: Architecture['nodeCpu'], folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}-`);
  try {
    unpackTarball(await lockedTarball(PROJECT_ROOT, `node-linux-${cpu}`, { version: VERSION, integrity: INTEGRITIES[cpu] }), draft);
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
