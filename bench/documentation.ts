import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT, writeWhole } from '../asset/packaged-file.ts';
import { PRESET_NAMES } from '../config/presets.ts';
import { chart } from './chart.ts';
import { machineLine, markdownTable, type Report, versionsLine } from './report.ts';
import type { SizedRun } from './right-sizing.ts';
import type { Row } from './row.ts';

const README = join(PROJECT_ROOT, 'README.md');
const PAGE = join(PROJECT_ROOT, 'docs', 'performance.md');
const PICTURE = join(PROJECT_ROOT, 'docs', 'performance.svg');

/** The rows in the README. */
const HEADLINES = [
  'main job (npm start, 120 photos) vs a plain sharp script over the same folder, whole processes, with the report',
  'throughput vs a plain Pillow script, 12 MP, 2 renditions',
  'whole process vs ImageMagick -define jpeg:size (twice the box, as its manual advises), 12 MP, 2 renditions',
  'throughput vs vipsthumbnail, 12 MP, 1 rendition',
  'resident memory, warm: the most in 200 images of 12 MP, 2 in flight',
  'package, arm64, zipped',
  'synth of one preset',
];

/** Writes a run's figures into docs/performance.md and README, and the chart beside them, so that none is copied by hand. */
export async function writeDocumentation(report: Report): Promise<void> {
  const { machine, versions, rounds, rows, rightSizing } = report;
  let page = await readFile(PAGE, 'utf8');
  page = withSection(page, 'machine', `${machineLine(machine)}. ${versionsLine(versions)}. ${rounds} rounds each.`);
  page = withSection(page, 'rows', markdownTable(rows));
  if (rightSizing !== undefined) page = withSection(page, 'right-sizing', sizingTable(rightSizing));
  await writeWhole(PAGE, page);
  const figures = headlines(rows, HEADLINES, `${machineLine(machine)}`);
  await writeWhole(README, withSection(await readFile(README, 'utf8'), 'figures', figures));
  await writeWhole(PICTURE, chart(rows));
}

/** Replaces the text between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function withSection(page: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`the page has no section between ${open} and ${close}`);
  return `${page.slice(0, start + open.length)}\n${content}\n${page.slice(end)}`;
}

/** Renders a table of selected rows and their source. */
export function headlines(rows: readonly Row[], names: readonly string[], machine: string): string {
  const shown = names.map((name) => {
    const row = rows.find(({ measure }) => measure === name);
    if (row === undefined) throw new Error(`the README lists "${name}", which was not measured`);
    return row;
  });
  return `${markdownTable(shown)}\n\nMeasured by \`npm run bench\` on ${machine}.`;
}

/** Milliseconds and dollars by memory (down) and preset (across). */
export function sizingTable(runs: readonly SizedRun[]): string {
  const sizes = [...new Set(runs.map(({ memoryMb }) => memoryMb))];
  const lines = sizes.map((memoryMb) => {
    const cells = PRESET_NAMES.map((preset) => {
      const run = runs.find((candidate) => candidate.memoryMb === memoryMb && candidate.preset === preset);
      return run === undefined ? '' : `${Math.round(run.milliseconds)} ms, $${run.dollarsPerThousand.toFixed(4)}`;
    });
    return `| ${memoryMb} | ${cells.join(' | ')} |`;
  });
  return [`| MB | ${PRESET_NAMES.join(' | ')} |`, `|--:|${PRESET_NAMES.map(() => '--:|').join('')}`, ...lines].join('\n');
}
