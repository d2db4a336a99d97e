/** Lambda gives one vCPU with every 1,769 MB (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
export const MEGABYTES_PER_VCPU = 1769;

/** Whole vCPUs of a function with that much memory; below one, its share of one counts as one. */
export function wholeVcpus(memoryMb: number): number {
  return Math.max(1, Math.floor(memoryMb / MEGABYTES_PER_VCPU));
}

/**
 * Images that a function with that much memory works on at once: half as many again as it has vCPUs, so that the cores are busy while one waits
 * for AWS or for its turn in JavaScript.
 */
export function imagesInFlight(memoryMb: number): number {
  return Math.max(1, Math.floor((1.5 * memoryMb) / MEGABYTES_PER_VCPU));
}
