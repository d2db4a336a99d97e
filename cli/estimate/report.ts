import Table from 'cli-table3';
import { PRICES, type Price } from '../../config/prices.ts';
import type { Paint } from '../terminal/text.ts';
import type { Choice } from './compare.ts';
import type { Estimate } from './estimate.ts';
import { isOver } from './limits.ts';

/** Returns an estimate as text: the load, the costs and the limits. */
export function estimateText(estimate: Estimate, paint: Paint): string {
  return [
    ...loadLines(estimate),
    '',
    paint('bold', `Cost of 30 days (list prices of us-east-1, ${estimate.pricesOf}, without free tiers)`),
    costTable(estimate),
    ...costNotes(estimate),
    '',
    paint('bold', 'First bottlenecks'),
    limitTable(estimate, paint),
    ...limitLines(estimate),
    '',
  ].join('\n');
}

/** Returns the sizes of the function side by side. */
export function compareText(choices: readonly Choice[], { imagesPerDay, megapixels, measured, memoryMb }: Estimate, paint: Paint): string {
  const table = plainTable(
    ['memory', 'ms an image', 'executions at peak', 'compute arm64', 'x86_64', 'total arm64', 'x86_64', ''],
    ['right', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
  );
  for (const { computeUsd, totalUsd, ...choice } of choices) {
    const notes = [choice.isCurrent ? 'this deployment' : [], choice.isEnough ? [] : 'too small for `limits`'].flat().join(', ');
    const cells = [
      `${figure(choice.memoryMb)} MB`,
      figure(choice.milliseconds),
      figure(choice.peakConcurrency),
      ...[computeUsd.arm64, computeUsd.x86_64, totalUsd.arm64, totalUsd.x86_64].map(dollars),
      notes,
    ];
    table.push(choice.isCurrent ? cells.map((cell) => paint('bold', cell)) : cells);
  }
  const source = measured ? `measured with ${figure(memoryMb)} MB and scaled to the others` : 'assumed';
  return [
    `${figure(imagesPerDay)} images a day of ${figure(megapixels)} megapixels, for 30 days`,
    table.toString(),
    `Durations are ${source}, and taken to be the same on both architectures: only the price of compute differs.`,
    '',
  ].join('\n');
}

/** Returns every price with its source and its date. */
export function pricesText(): string {
  const table = plainTable(['', 'price', 'per', 'source', 'as of'], ['left', 'right', 'left', 'left', 'left']);
  for (const [name, { unit, tiers, source }] of Object.entries<Price>(PRICES)) {
    const usd = tiers[0].usd.toFixed(12).replace(/\.?0+$/, '');
    table.push([name, `${tiers.length > 1 ? 'from ' : ''}$${usd}`, unit, source.url, source.asOf]);
  }
  return `List prices of us-east-1, without free tiers\n${table.toString()}\n`;
}

function loadLines({ preset, imagesPerDay, megapixels, memoryMb, milliseconds, measured, peakFactor, ...rates }: Estimate): string[] {
  const source = measured ? 'as given' : 'assumed; for a measured one, pass the metric ProcessingTime from the dashboard as --milliseconds';
  return [
    `${preset}: ${figure(imagesPerDay)} images a day of ${figure(megapixels)} megapixels, with ${figure(memoryMb)} MB`,
    `An image takes ${figure(milliseconds)} ms (${source}).`,
    `Images a second: ${figure(rates.imagesPerSecond.average)} on average, ${figure(rates.imagesPerSecond.peak)} at the peak (${figure(peakFactor)} times the average).`,
    `Concurrent executions: ${figure(rates.concurrency.average)} on average, ${figure(rates.concurrency.peak)} at the peak (rate × duration).`,
  ];
}

function costTable({ costs, totalUsd }: Estimate): string {
  const table = plainTable(['', 'quantity', '', 'cost'], ['left', 'right', 'left', 'right']);
  table.push(...costs.map(({ item, quantity, unit, usd }) => [item, figure(quantity), unit, dollars(usd)]));
  table.push(['Total', '', '', dollars(totalUsd)]);
  return table.toString();
}

function costNotes({ computeUsd, storageGrowth: { gbPerMonth, usdPerMonth, levelsOffAtUsd } }: Estimate): string[] {
  const level =
    levelsOffAtUsd === undefined
      ? 'without end, because photos never expire (`uploadBucket.lifecycle.expireAfterDays`)'
      : `until it levels off at ${dollars(levelsOffAtUsd)} a month, when as much expires as arrives`;
  return [
    `Lambda compute: ${dollars(computeUsd.arm64)} on arm64, ${dollars(computeUsd.x86_64)} on x86_64 (LAMBDA_ARCHITECTURE).`,
    `Storage grows by ${figure(gbPerMonth)} GB a month, which adds ${dollars(usdPerMonth)} to each month’s cost, ${level}.`,
  ];
}

function limitTable({ limits }: Estimate, paint: Paint): string {
  const table = plainTable(['limit', 'allows', 'at peak', '', 'reached at images a day'], ['left', 'right', 'right', 'left', 'right']);
  for (const limit of limits) {
    const cells = [limit.name, figure(limit.holds), figure(limit.inUse), limit.unit, roundLoad(limit.upToImagesPerDay)];
    table.push(isOver(limit) ? cells.map((cell) => paint('red', cell)) : cells);
  }
  return table.toString();
}

function limitLines({ limits }: Estimate): string[] {
  const over = limits.filter(isOver);
  const shown = over.length > 0 ? over : limits.slice(0, 1);
  return [
    over.length > 0 ? 'This load exceeds:' : 'This load is within all limits. As it grows, it reaches this one first:',
    ...shown.map(({ name, moves }) => `  ${name}: raised by ${moves}`),
  ];
}

function plainTable(head: string[], colAligns: ('left' | 'right')[]): Table.Table {
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
}

/** Formats a number with two or three significant digits: `4,000`, `0.069`. */
export function figure(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(value >= 100 ? 3 : 2)));
}

/** Formats a load, rounded down to three significant digits: `1,540,000`. */
export function roundLoad(value: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 2);
  return (Math.floor(value / step) * step).toLocaleString('en');
}

/** Formats an amount of money: `$4.80`, in whole dollars from a thousand. */
export function dollars(usd: number): string {
  if (usd > 0 && usd < 0.01) return '< $0.01';
  return `$${usd.toLocaleString('en', usd >= 1000 ? { maximumFractionDigits: 0 } : { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
