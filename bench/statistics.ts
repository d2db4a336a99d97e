/** What several rounds of one measurement come to. */
export interface Figures {
  /** The median of all rounds. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  return mean(middle);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function figuresOf(values: readonly number[]): Figures {
  return { value: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Round by round, so that what slows the machine down for a while slows down both sides of a ratio. */
export function ratiosOf(numerators: readonly number[], denominators: readonly number[]): Figures {
  if (numerators.length !== denominators.length) throw new RangeError('a ratio of different numbers of rounds');
  return figuresOf(numerators.map((numerator, round) => numerator / (denominators[round] ?? Number.NaN)));
}

export function differencesOf(minuends: readonly number[], subtrahends: readonly number[]): Figures {
  return figuresOf(minuends.map((minuend, round) => minuend - (subtrahends[round] ?? Number.NaN)));
}
