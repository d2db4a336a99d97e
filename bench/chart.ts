import type { Row } from './row.ts';

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
