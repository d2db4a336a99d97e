import { PRESET_NAMES, PRESETS, type PresetName } from '../../config/presets.ts';
import { type PipelineSettings, parseSettings } from '../../config/settings.ts';
import { type Estimate, estimate } from './estimate.ts';
import { isOver, type Limit } from './limits.ts';
import { dollars, figure, roundLoad } from './report.ts';

/** Images a day, up to 10,000 a second at the peak. */
const LOADS = [1_000, 10_000, 100_000, 1_000_000, 10_000_000, 86_400_000];

/** The preset shown under growing loads. */
const GROWING = 'photo-sharing';

/** Returns the tables of docs/scale.md, in Markdown. */
export function scaleTables(): string {
  const estimates = PRESET_NAMES.map((preset) => estimate(asShipped(preset)));
  return `${[growthTable(), limitTable(estimates), movesTable(estimates)].join('\n\n')}\n`;
}

/** The settings of a preset, without the overrides in config/deployments.ts: the page is about the presets. */
export function asShipped(preset: PresetName): PipelineSettings {
  return parseSettings({ ...PRESETS[preset]('dev'), environmentSuffix: 'dev', architecture: 'arm64' });
}

function growthTable(): string {
  return markdownTable(
    ['images a day', 'images a second, average / peak', 'concurrent executions, average / peak', 'cost a month', 'exceeded at the peak'],
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

/** The images a day at which each preset reaches each limit. */
function limitTable(estimates: readonly Estimate[]): string {
  const rows = everyLimit(estimates).map(({ name, holds, unit }) => [
    name,
    `${figure(holds)} ${unit}`,
    ...estimates.map(({ limits }) => {
      const own = limits.find((limit) => limit.name === name);
      return own === undefined ? '' : roundLoad(own.upToImagesPerDay);
    }),
  ]);
  return markdownTable(['limit', 'allows', ...estimates.map(({ preset }) => preset)], rows);
}

function movesTable(estimates: readonly Estimate[]): string {
  return markdownTable(
    ['limit', 'is raised by'],
    everyLimit(estimates).map(({ name, moves }) => [name, moves]),
  );
}

/** Each limit once, sorted by the smallest load that reaches it. */
function everyLimit(estimates: readonly Estimate[]): Limit[] {
  const all = estimates.flatMap(({ limits }) => limits).toSorted((a, b) => a.upToImagesPerDay - b.upToImagesPerDay);
  return all.filter(({ name }, index) => all.findIndex((limit) => limit.name === name) === index);
}

/** Returns a table in Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
