/** Lambda gives one vCPU with every 1,769 MB (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
export const MEGABYTES_PER_VCPU = 1769;

/** Whole vCPUs of a function with that much memory; below one, its share of one counts as one. */
export function wholeVcpus(memoryMb: number): number {
  return Math.max(1, Math.floor(memoryMb / MEGABYTES_PER_VCPU));
}
