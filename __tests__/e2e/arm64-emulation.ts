import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { nodeOf } from '../../bench/node-runtime.ts';

/** The system libraries that Node and sharp need on Linux arm64. */
const LIBRARIES = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'];

/**
 * Returns a program that runs Node for arm64 on this machine: Node itself on arm64, otherwise QEMU user-mode emulation with Debian's
 * libraries. Emulator and libraries are downloaded once, with apt, but not installed.
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

/** Downloads to a temporary folder first, so that an interrupted download never looks complete. */
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
