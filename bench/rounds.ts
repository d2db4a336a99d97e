/** Runs once and returns the milliseconds that it took. */
export type Contender = () => Promise<number>;

/**
 * Runs contenders in turn, A B A B …, after a warm-up round that does not count.
 * @returns the milliseconds of every round, by contender
 */
export async function inTurn<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds, signal }: { readonly rounds: number; readonly signal: AbortSignal },
): Promise<Record<Name, readonly number[]>> {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -1; round < rounds; round += 1) {
    for (const name of names) {
      signal.throwIfAborted();
      const milliseconds = await contenders[name]();
      if (round >= 0) times[name].push(milliseconds);
    }
  }
  return times;
}

/** Measures how many milliseconds the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
