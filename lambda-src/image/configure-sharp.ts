import { sharp } from './confined-sharp.ts';

/** One vCPU comes with every 1,769 MB (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
const MEGABYTES_PER_CPU = 1769;

/**
 * Fits sharp to the function: as many libvips threads as there are whole CPUs, and no cache, as no upload is seen twice.
 * @param memoryMb memory of the function, in megabytes
 */
export function configureSharp(memoryMb: number): void {
  sharp.concurrency(Math.max(1, Math.floor(memoryMb / MEGABYTES_PER_CPU)));
  sharp.cache(false);
}
