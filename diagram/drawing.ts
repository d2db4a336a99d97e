import type { Architecture, Kind } from './architecture.ts';
import { HEAD_HEIGHT, type Layout, LINE_HEIGHT, type Line, layoutOf, PADDING, type Placed, WIDTH } from './layout.ts';

interface Palette {
  readonly page: string;
  readonly box: string;
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly storage: string;
  readonly compute: string;
  readonly data: string;
  readonly message: string;
  readonly watch: string;
}

const LIGHT: Palette = {
  ...{ page: '#ffffff', box: '#f7f8fa', ink: '#1f2933', quiet: '#5c6773', line: '#6b7682' },
  ...{ storage: '#2f855a', compute: '#c2570c', data: '#2b6cb0', message: '#b83280', watch: '#6b46c1' },
};
const DARK: Palette = {
  ...{ page: '#0d1117', box: '#161b22', ink: '#e6edf3', quiet: '#9aa6b2', line: '#8b96a3' },
  ...{ storage: '#56d364', compute: '#f0883e', data: '#6cb6ff', message: '#f778ba', watch: '#b392f0' },
};

/** Colour of each kind of box. */
const COLOUR_OF: Readonly<Record<Kind, keyof Palette>> = {
  bucket: 'storage',
  function: 'compute',
  table: 'data',
  topic: 'message',
  mail: 'message',
  queue: 'message',
  log: 'watch',
  alarms: 'watch',
  dashboard: 'watch',
};

/** Colours are literal, because not every SVG viewer supports CSS variables. */
function coloursOf(palette: Palette): string {
  const kinds = Object.entries(COLOUR_OF).map(
    ([kind, colour]) => `.${kind} .box { stroke: ${palette[colour]}; } .${kind} .band, .${kind} .kind { fill: ${palette[colour]}; }`,
  );
  return [
    `.page { fill: ${palette.page}; } .box { fill: ${palette.box}; } text { fill: ${palette.quiet}; } .title, .name { fill: ${palette.ink}; }`,
    `.way { stroke: ${palette.line}; } .invokes, .sends { stroke: ${palette.ink}; } #head { fill: ${palette.line}; } #strong { fill: ${palette.ink}; }`,
    ...kinds,
  ].join('\n');
}

/** For light and dark pages. An image on GitHub follows the reader's system theme, so it needs its own background. */
const STYLE = `
text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
.box { stroke-width: 1.5; }
.title { font-size: 16px; font-weight: 600; }
.kind { font-weight: 600; font-size: 11px; }
.name { font: 600 11px ui-monospace, SFMono-Regular, Consolas, "Liberation Mono", monospace; }
.word { font: 11px ui-monospace, SFMono-Regular, Consolas, "Liberation Mono", monospace; text-anchor: middle; }
.way { fill: none; stroke-width: 1.5; marker-end: url(#head); }
.invokes, .sends { stroke-width: 2; marker-end: url(#strong); }
.watches { stroke-dasharray: 4 4; }
${coloursOf(LIGHT)}
@media (prefers-color-scheme: dark) {
${coloursOf(DARK)}
}
`;

/** Draws an architecture as SVG, for light and dark pages. */
export function drawing(title: string, architecture: Architecture): string {
  const layout = layoutOf(architecture);
  const { height, placed, lines } = layout;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escaped(title)}: what is deployed, and what it does to what</title>
<style>${STYLE}</style>
${['head', 'strong'].map(marker).join('\n')}
<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>
<text class="title" x="16" y="30">${escaped(title)}</text>
<text x="${WIDTH - 16}" y="30" text-anchor="end">${escaped(architecture.region)}</text>
${lines.map(drawLine).join('\n')}
${placed.map(drawBox).join('\n')}
${legend(layout)}
</svg>
`;
}

function marker(id: string): string {
  return `<marker id="${id}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 .5 8 4 0 7.5z"/></marker>`;
}

function drawBox({ box, parts, x, y, width, height }: Placed): string {
  const texts: string[] = [`<text class="kind" x="${x + PADDING}" y="${y + HEAD_HEIGHT - 5}">${escaped(box.label)}</text>`];
  let line = y + HEAD_HEIGHT + 11;
  for (const { names, facts } of parts) {
    for (const [className, words] of [
      ['name', names],
      ['fact', facts],
    ] as const) {
      for (const word of words) {
        texts.push(`<text class="${className}" x="${x + PADDING}" y="${line}">${escaped(word)}</text>`);
        line += LINE_HEIGHT;
      }
    }
    line += 8;
  }
  return `<g class="${box.kind}"><rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/><path class="band" d="M${x + 5} ${y}h${width - 10}a5 5 0 0 1 5 4h-${width}a5 5 0 0 1 5-4z"/>
${texts.join('\n')}</g>`;
}

function drawLine({ arrow, points }: Line): string {
  const [[startX, startY] = [0, 0], [endX] = [0]] = points;
  const middle = (startX + endX) / 2;
  const words = arrow.words.map((word, index) => {
    const y = startY - 5 - (arrow.words.length - 1 - index) * 13;
    return `<text class="word" x="${middle}" y="${y}">${escaped(word)}</text>`;
  });
  return `<path class="way ${arrow.kind}" d="M${points.map((point) => point.join(' ')).join('L')}"/>${words.join('')}`;
}

const LEGEND = [
  ['invokes', 'invokes, sends'],
  ['may', 'allowed by IAM: the function may'],
  ['watches', 'watches'],
] as const;

function legend({ height }: Layout): string {
  const y = height - 18;
  const source = `<text x="${WIDTH - 16}" y="${y + 4}" text-anchor="end">drawn from the synthesized Terraform JSON</text>`;
  const lines = LEGEND.map(([kind, words], index) => {
    const x = [16, 170, 440][index] ?? 0;
    return `<path class="way ${kind}" d="M${x} ${y}H${x + 30}"/><text x="${x + 38}" y="${y + 4}">${words}</text>`;
  });
  return [...lines, source].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
