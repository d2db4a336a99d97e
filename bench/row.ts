import type { Figures } from './statistics.ts';

type Unit = '×' | 'MB' | 's' | 'ms' | '%' | 'SSIM' | '$' | 'keys/s';

/** A target. */
export interface Target {
  readonly bound: 'at least' | 'at most';
  readonly value: number;
}

/** One row of the table, with figures or the reason why there are none. */
export type Measurement = {
  readonly measure: string;
  readonly unit: Unit;
  /** Absent if the figure only explains another. */
  readonly target?: Target | undefined;
} & ({ readonly figures: Figures } | { readonly notMeasured: string });

/** A measurement in the JSON document. */
export interface Row {
  readonly measure: string;
  readonly unit: Unit;
  /** Such as `≥ 6`; null if there is none. */
  readonly target: string | null;
  /** Median of the rounds; null if it was not measured, like the next three. */
  readonly value: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Also null without a target. */
  readonly reached: boolean | null;
  readonly notMeasured?: string;
}

export function atLeast(value: number): Target {
  return { bound: 'at least', value };
}

export function atMost(value: number): Target {
  return { bound: 'at most', value };
}

export function rowOf(measurement: Measurement): Row {
  const { measure, unit, target } = measurement;
  const wanted = target === undefined ? null : `${target.bound === 'at least' ? '≥' : '≤'} ${target.value}`;
  const row = { measure, unit, target: wanted };
  if ('notMeasured' in measurement) {
    return { ...row, value: null, min: null, max: null, reached: null, notMeasured: measurement.notMeasured };
  }
  const { value, min, max } = measurement.figures;
  const reached = target === undefined ? null : target.bound === 'at least' ? value >= target.value : value <= target.value;
  return { ...row, value: rounded(value, unit), min: rounded(min, unit), max: rounded(max, unit), reached };
}

const DECIMALS: Readonly<Record<Unit, number>> = { '×': 2, MB: 1, s: 1, ms: 1, '%': 1, SSIM: 4, $: 2, 'keys/s': 0 };

function rounded(value: number, unit: Unit): number {
  return Number(value.toFixed(DECIMALS[unit]));
}
