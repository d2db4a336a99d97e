import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from '../asset/bundle.ts';
import { PROJECT_ROOT } from '../asset/packaged-file.ts';
import { ALLOCATOR } from '../lambda-src/contract/environment.ts';
import { MEGABYTES_PER_VCPU } from '../lambda-src/contract/memory.ts';
import type { Command } from './renderer-process.ts';

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
