/**
 * Every choice of a schedule is read from a tape of numbers that fast-check makes and shrinks; when the tape has run out, the
 * rest of the schedule is calm: the oldest thing happens first and nothing fails.
 */
export class Chance {
  readonly #tape: readonly number[];
  #position = 0;

  constructor(tape: readonly number[]) {
    this.#tape = tape;
  }

  get calm(): boolean {
    return this.#position >= this.#tape.length;
  }

  /** A whole number below `bound`; 0 when calm. */
  below(bound: number): number {
    const value = this.#tape[this.#position] ?? 0;
    this.#position += 1;
    return value % bound;
  }

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items.length === 0 ? undefined : items[this.below(items.length)];
  }
}
