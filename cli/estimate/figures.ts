/** A number for people: `4,000`, `0.069`, three digits that count where there are more. */
export function figure(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(value >= 100 ? 3 : 2)));
}

/** A load as it may be announced: `1,540,000`, rounded down to three digits. */
export function roundLoad(value: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 2);
  return (Math.floor(value / step) * step).toLocaleString('en');
}

/** An amount of money: `$4.80`, whole dollars from a thousand. */
export function dollars(usd: number): string {
  if (usd > 0 && usd < 0.01) return '< $0.01';
  return `$${usd.toLocaleString('en', usd >= 1000 ? { maximumFractionDigits: 0 } : { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
