import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_ROOT, writeWhole } from '../asset/packaged-file.ts';
import { PRESET_NAMES } from '../config/presets.ts';
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

const WIDTH = 860;
const LABEL_WIDTH = 470;
const BAR_WIDTH = 300;
const ROW_HEIGHT = 26;
const HEAD_HEIGHT = 44;

/** Draws the ratios as SVG: a bar for the median, a whisker from min to max, a mark at the target. Readable on light and dark pages. */
export function chart(rows: readonly Row[]): string {
  const ratios = rows.filter((row): row is MeasuredRow => row.unit === '×' && row.value !== null);
  const scale = BAR_WIDTH / Math.max(1, ...ratios.map(({ max }) => max));
  const height = HEAD_HEIGHT + ratios.length * ROW_HEIGHT + 12;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13">
<title>How many times faster than what it is compared with</title>
<rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff"/>
<text x="16" y="26" font-size="15" font-weight="600" fill="#1f2933">Times faster: median, min–max, and the target (red)</text>
${ratios.map((row, index) => barOf(row, HEAD_HEIGHT + index * ROW_HEIGHT, scale)).join('\n')}
</svg>
`;
}

type MeasuredRow = Row & { readonly value: number; readonly min: number; readonly max: number };

function barOf({ measure, target, value, min, max, reached }: MeasuredRow, top: number, scale: number): string {
  const x = (ratio: number): string => (LABEL_WIDTH + ratio * scale).toFixed(1);
  const middle = top + ROW_HEIGHT / 2;
  const wanted = target === null ? undefined : Number(target.replace(/[^\d.]/g, ''));
  return [
    `<text x="16" y="${middle + 4}" fill="#1f2933">${escaped(shortened(measure))}</text>`,
    `<rect x="${LABEL_WIDTH}" y="${top + 5}" width="${(value * scale).toFixed(1)}" height="${ROW_HEIGHT - 10}" rx="2" fill="${reached === false ? '#e0a458' : '#5b8def'}"/>`,
    `<path d="M${x(min)} ${middle}H${x(max)}" stroke="#1f2933" stroke-width="1.5"/>`,
    wanted === undefined ? '' : `<path d="M${x(wanted)} ${top + 2}V${top + ROW_HEIGHT - 2}" stroke="#c92a2a" stroke-width="2"/>`,
    `<text x="${LABEL_WIDTH + BAR_WIDTH + 12}" y="${middle + 4}" font-weight="600" fill="#1f2933">${value} ×</text>`,
  ].join('');
}

/** Characters that fit into the label column. */
const LABEL_CHARACTERS = 66;

function shortened(measure: string): string {
  const label = measure.replace(/^throughput /, '').replace(/ \([^)]+\)(?=,)/, '');
  return label.length <= LABEL_CHARACTERS ? label : `${label.slice(0, LABEL_CHARACTERS - 1)}…`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
