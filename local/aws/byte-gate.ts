/** Limits the bytes that concurrent work holds in memory. Work that exceeds the limit by itself runs alone. */
export class ByteGate {
  readonly #limit: number;
  #held = 0;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits for free bytes, runs the work and frees them again. */
  async pass<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ bytes, enter });
      this.#admit();
    });
    try {
      return await work();
    } finally {
      this.#held -= bytes;
      this.#admit();
    }
  }

  /** First in, first out, so that large work is not delayed forever. */
  #admit(): void {
    for (let [next] = this.#waiting; next && this.#hasRoomFor(next.bytes); [next] = this.#waiting) {
      this.#waiting.shift();
      this.#held += next.bytes;
      next.enter();
    }
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#limit;
  }
}
