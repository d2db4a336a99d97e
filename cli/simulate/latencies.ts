/** Latencies of many photos, and their percentiles. */
export class Latencies {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(seconds: number, count: number): void {
    this.#counts.set(seconds, (this.#counts.get(seconds) ?? 0) + count);
    this.#total += count;
  }

  summary(): { p50: number; p95: number; max: number } {
    const sorted = [...this.#counts].toSorted(([a], [b]) => a - b);
    return { p50: this.#percentile(sorted, 0.5), p95: this.#percentile(sorted, 0.95), max: sorted.at(-1)?.[0] ?? 0 };
  }

  #percentile(sorted: readonly (readonly [seconds: number, count: number])[], share: number): number {
    let below = 0;
    for (const [seconds, count] of sorted) {
      below += count;
      if (below >= share * this.#total) return seconds;
    }
    return 0;
  }
}
