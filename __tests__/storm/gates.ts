/** An invocation that waits before or after one call to a port. */
interface Waiting {
  readonly invocation: number;
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

/** Where every invocation stops at every await point until the schedule lets it go on, fail or die. */
export class Gates {
  #waiting: Waiting[] = [];

  get count(): number {
    return this.#waiting.length;
  }

  invocations(): number[] {
    return [...new Set(this.#waiting.map(({ invocation }) => invocation))];
  }

  /** Makes a port whose methods stop at a gate before and after they take effect. */
  guard<Port extends object>(port: Port, invocation: number): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return async (...parameters: unknown[]) => {
          await this.#pass(invocation);
          const answer: unknown = await Reflect.apply(member, target, parameters);
          await this.#pass(invocation);
          return answer;
        };
      },
    });
  }

  #pass(invocation: number): Promise<void> {
    return new Promise((go, fail) => {
      this.#waiting.push({ invocation, go, fail });
    });
  }

  async go(invocation: number): Promise<void> {
    this.#take(invocation)?.go();
    await settled();
  }

  /** A fault of the service: before the effect the call did nothing, after it only its answer is lost. */
  async fail(invocation: number): Promise<void> {
    this.#take(invocation)?.fail(new Error('injected fault'));
    await settled();
  }

  /** kill -9: nothing of the invocation runs any more, not even its error handling. */
  kill(invocation: number): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.invocation !== invocation);
  }

  #take(invocation: number): Waiting | undefined {
    const index = this.#waiting.findIndex((waiting) => waiting.invocation === invocation);
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
  }
}

/** Lets everything that can run without passing a gate run. */
export async function settled(): Promise<void> {
  await new Promise(setImmediate);
}
