import { PRESET_NAMES, PRESETS, type PresetName } from '../../config/presets.ts';
import { type PipelineSettings, parseSettings } from '../../config/settings.ts';
import { type Estimate, estimate } from './estimate.ts';
import { dollars, figure, roundLoad } from './figures.ts';
import { isOver, type Limit } from './limits.ts';

/** From a thousand a day to ten thousand a second at the peak. */
const LOADS = [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 86_400_000];

/** The preset whose growth is shown. */
const GROWING = 'photo-sharing';

/** The tables of docs/scale.md, in Markdown. */
export function scaleTables(): string {
  const estimates = PRESET_NAMES.map((preset) => estimate(asShipped(preset)));
  return `${[growthTable(), limitTable(estimates), movesTable(estimates)].join('\n\n')}\n`;
}

/** Without what a deployment of your own changes: the page is about the presets. */
function asShipped(preset: PresetName): PipelineSettings {
  return parseSettings({ ...PRESETS[preset]('dev'), environmentSuffix: 'dev', architecture: 'arm64' });
}

function growthTable(): string {
  return markdownTable(
    ['images a day', 'a second, average / peak', 'executions at once, average / peak', 'a month', 'over the limit at the peak'],
    LOADS.map((imagesPerDay) => growthRow(estimate(asShipped(GROWING), { imagesPerDay }))),
  );
}

function growthRow({ imagesPerDay, imagesPerSecond, concurrency, totalUsd, limits }: Estimate): string[] {
  return [
    figure(imagesPerDay),
    `${figure(imagesPerSecond.average)} / ${figure(imagesPerSecond.peak)}`,
    `${figure(concurrency.average)} / ${figure(concurrency.peak)}`,
    dollars(totalUsd),
    limits
      .filter(isOver)
      .map(({ name }) => name)
      .join(', ') || 'nothing',
  ];
}

/** Up to how many images a day each limit holds for each preset. */
function limitTable(estimates: readonly Estimate[]): string {
  const rows = everyLimit(estimates).map(({ name, holds, unit }) => [
    name,
    `${figure(holds)} ${unit}`,
    ...estimates.map(({ limits }) => {
      const own = limits.find((limit) => limit.name === name);
      return own === undefined ? '' : roundLoad(own.upToImagesPerDay);
    }),
  ]);
  return markdownTable(['limit', 'holds', ...estimates.map(({ preset }) => preset)], rows);
}

function movesTable(estimates: readonly Estimate[]): string {
  return markdownTable(
    ['limit', 'is moved by'],
    everyLimit(estimates).map(({ name, moves }) => [name, moves]),
  );
}

/** Each limit once, what binds first anywhere on top. */
function everyLimit(estimates: readonly Estimate[]): Limit[] {
  const all = estimates.flatMap(({ limits }) => limits).toSorted((a, b) => a.upToImagesPerDay - b.upToImagesPerDay);
  return all.filter(({ name }, index) => all.findIndex((limit) => limit.name === name) === index);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
