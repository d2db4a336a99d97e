import Table from 'cli-table3';
import type { Paint } from '../terminal/paint.ts';
import type { Estimate } from './estimate.ts';
import { dollars, figure, roundLoad } from './figures.ts';
import { isOver } from './limits.ts';

/** The estimate for a terminal: the load, the bill, and what gives out first. */
export function tellEstimate(estimate: Estimate, paint: Paint): string {
  return [
    ...loadLines(estimate),
    '',
    paint('bold', `A month of 30 days (list prices of us-east-1, ${estimate.pricesOf}, without free tiers)`),
    costTable(estimate),
    ...costNotes(estimate),
    '',
    paint('bold', 'What gives out first'),
    limitTable(estimate, paint),
    ...limitWords(estimate),
    '',
  ].join('\n');
}

function loadLines({ preset, imagesPerDay, megapixels, memoryMb, milliseconds, measured, peakFactor, ...rates }: Estimate): string[] {
  const source = measured ? 'as given' : 'assumed; measure: the metric ProcessingTime of the dashboard tells it, --milliseconds takes it';
  return [
    `${preset}: ${figure(imagesPerDay)} images a day of ${figure(megapixels)} megapixels, with ${figure(memoryMb)} MB`,
    `An image takes ${figure(milliseconds)} ms (${source}).`,
    `Images a second: ${figure(rates.imagesPerSecond.average)} on average, ${figure(rates.imagesPerSecond.peak)} at ${figure(peakFactor)} times that.`,
    `Executions at once: ${figure(rates.concurrency.average)} on average, ${figure(rates.concurrency.peak)} then (rate × duration).`,
  ];
}

function costTable({ costs, totalUsd }: Estimate): string {
  const table = plainTable(['', 'quantity', '', 'cost'], ['left', 'right', 'left', 'right']);
  table.push(...costs.map(({ item, quantity, unit, usd }) => [item, figure(quantity), unit, dollars(usd)]));
  table.push(['Sum', '', '', dollars(totalUsd)]);
  return table.toString();
}

function costNotes({ computeUsd, storageGrowth: { gbPerMonth, usdPerMonth, levelsOffAtUsd } }: Estimate): string[] {
  const level =
    levelsOffAtUsd === undefined
      ? 'without end, as photos never expire (`uploadBucket.lifecycle.expireAfterDays`)'
      : `until it levels off at ${dollars(levelsOffAtUsd)} a month, when as much expires as arrives`;
  return [
    `Lambda compute: ${dollars(computeUsd.arm64)} on arm64, ${dollars(computeUsd.x86_64)} on x86_64 (LAMBDA_ARCHITECTURE).`,
    `Storage grows by ${figure(gbPerMonth)} GB a month, each costing ${dollars(usdPerMonth)} a month more than the last, ${level}.`,
  ];
}

function limitTable({ limits }: Estimate, paint: Paint): string {
  const table = plainTable(['limit', 'holds', 'at peak', '', 'up to images a day'], ['left', 'right', 'right', 'left', 'right']);
  for (const limit of limits) {
    const words = [limit.name, figure(limit.holds), figure(limit.inUse), limit.unit, roundLoad(limit.upToImagesPerDay)];
    table.push(isOver(limit) ? words.map((word) => paint('red', word)) : words);
  }
  return table.toString();
}

function limitWords({ limits }: Estimate): string[] {
  const over = limits.filter(isOver);
  const told = over.length > 0 ? over : limits.slice(0, 1);
  return [
    over.length > 0 ? 'This load is over:' : 'This load is within all of them. The first to give out as it grows:',
    ...told.map(({ name, moves }) => `  ${name}: moved by ${moves}`),
  ];
}

function plainTable(head: string[], colAligns: ('left' | 'right')[]): Table.Table {
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
}
