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

/** Summary of several rounds of one measurement. */
export interface Figures {
  /** The median of all rounds. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median needs at least one value');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  return mean(middle);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function figuresOf(values: readonly number[]): Figures {
  return { value: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Summarizes how far `late` values are above the mean of `early` ones, in percent. `value` is the mean, not the median. */
export function growthOf(early: readonly number[], late: readonly number[]): Figures {
  const growth = late.map((value) => (value / mean(early) - 1) * 100);
  return { value: mean(growth), min: Math.min(...growth), max: Math.max(...growth) };
}

/** Divides round by round, so that a temporary slowdown of the machine affects both sides of a ratio. */
export function ratiosOf(numerators: readonly number[], denominators: readonly number[]): Figures {
  if (numerators.length !== denominators.length) throw new RangeError('a ratio needs the same number of rounds on both sides');
  return figuresOf(numerators.map((numerator, round) => numerator / (denominators[round] ?? Number.NaN)));
}

export function differencesOf(minuends: readonly number[], subtrahends: readonly number[]): Figures {
  return figuresOf(minuends.map((minuend, round) => minuend - (subtrahends[round] ?? Number.NaN)));
}
