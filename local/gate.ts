/** Limits what concurrent work uses of something, such as bytes of memory. Work that exceeds the limit by itself runs alone. */
export class Gate {
  readonly #limit: number;
  #held = 0;
  readonly #waiting: { readonly amount: number; readonly enter: () => void }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits until this amount is free, runs the work and frees it again. */
  async pass<Result>(amount: number, work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ amount, enter });
      this.#admit();
    });
    try {
      return await work();
    } finally {
      this.#held -= amount;
      this.#admit();
    }
  }

  /** First in, first out, so that large work is not delayed forever. */
  #admit(): void {
    for (let [next] = this.#waiting; next && this.#hasRoomFor(next.amount); [next] = this.#waiting) {
      this.#waiting.shift();
      this.#held += next.amount;
      next.enter();
    }
  }

  #hasRoomFor(amount: number): boolean {
    return this.#held === 0 || this.#held + amount <= this.#limit;
  }
}
