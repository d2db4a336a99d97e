import sharp from 'sharp';
import { wholeVcpus } from '../contract/memory.ts';

// Only these loaders stay enabled, and only their Buffer variants. libvips' SVG loader would read files and URLs that the drawing names,
// and a File loader would open a path passed by mistake or by an attacker.
const ALLOWED_LOADERS = [
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadHeifBuffer',
  'VipsForeignLoadNsgifBuffer',
  'VipsForeignLoadTiffBuffer',
];

sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ALLOWED_LOADERS });

/** sharp, restricted for the whole process to the accepted image types, which it reads only from memory. */
export { sharp };

/**
 * Adapts sharp to the function: one libvips thread per whole vCPU, and no cache, because no upload is seen twice.
 * @param memoryMb memory of the function, in megabytes
 */
export function configureSharp(memoryMb: number): void {
  sharp.concurrency(wholeVcpus(memoryMb));
  sharp.cache(false);
}
