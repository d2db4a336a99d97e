import { wholeVcpus } from '../contract/memory.ts';
import { sharp } from './confined-sharp.ts';

/**
 * Fits sharp to the function: as many libvips threads as there are whole CPUs, and no cache, as no upload is seen twice.
 * @param memoryMb memory of the function, in megabytes
 */
export function configureSharp(memoryMb: number): void {
  sharp.concurrency(wholeVcpus(memoryMb));
  sharp.cache(false);
}
