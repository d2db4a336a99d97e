import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { nodeOf } from '../../bench/node-runtime.ts';

/** What Node and sharp need of a Linux on arm64 besides themselves. */
const LIBRARIES = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'];

/**
 * A program that runs Node for arm64 on this machine: Node itself where that is its CPU, otherwise under QEMU's user-mode emulation with libraries of
 * Debian. Emulator and libraries are downloaded once, with apt, and are installed nowhere.
 */
export async function nodeOnArm64(): Promise<string> {
  const node = await nodeOf('nodejs22.x', { nodeCpu: 'arm64' });
  if (process.arch === 'arm64') return node;
  const folder = join(PROJECT_ROOT, 'node_modules', '.cache', 'image-pipeline', 'arm64-emulation');
  if (!existsSync(folder)) await download(folder);
  const program = join(folder, 'node');
  const qemu = join(folder, 'emulator', 'usr', 'bin', 'qemu-aarch64-static');
  await writeFile(program, `#!/bin/sh\nexec "${qemu}" -L "${join(folder, 'libraries')}" "${node}" "$@"\n`);
  await chmod(program, 0o755);
  return program;
}

/** Fills a folder beside it first, so that an interrupted download leaves nothing that looks complete. */
async function download(folder: string): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  const draft = await mkdtemp(`${folder}-`);
  try {
    for (const name of ['lists/partial', 'cache/archives/partial', 'packages']) await mkdir(join(draft, name), { recursive: true });
    const lists = [`-oDir::State::Lists=${join(draft, 'lists')}`, `-oDir::Cache=${join(draft, 'cache')}`];
    await unpack(draft, 'emulator', lists, ['qemu-user-static']);
    await unpack(draft, 'libraries', ['-oAPT::Architecture=arm64', '-oAPT::Architectures=arm64', ...lists], LIBRARIES);
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function unpack(draft: string, target: string, options: readonly string[], names: readonly string[]): Promise<void> {
  const cwd = join(draft, 'packages');
  execFileSync('apt-get', [...options, 'update'], { stdio: 'pipe' });
  execFileSync('apt-get', [...options, 'download', ...names], { cwd, stdio: 'pipe' });
  for (const name of await readdir(cwd)) {
    execFileSync('dpkg', ['-x', name, join(draft, target)], { cwd });
    await rm(join(cwd, name));
  }
}
