import type { Architecture, Arrow, Box, Part } from './architecture.ts';

/** Width of the drawing: the widest that GitHub shows without scaling. */
export const WIDTH = 1012;
/** Top of the boxes, below the title. */
const TOP = 50;
/** Gap between two boxes of a column. */
const GAP = 26;
/** Gap between monitored resources, their alarms, and the alarms' targets. */
const BAND = 48;
export const LINE_HEIGHT = 15;
/** Height of a box's heading, the kind of the resource. */
export const HEAD_HEIGHT = 22;
export const PADDING = 12;

/** The three columns, with room between them for the arrows' labels. */
const COLUMNS = { left: { x: 16, width: 264 }, middle: { x: 407, width: 198 }, right: { x: 732, width: 264 } } as const;
type Column = keyof typeof COLUMNS;

/** Width of a character in an 11 px monospaced font: at most 0.61 em. */
const CHARACTER_WIDTH = 6.7;

/** A box with its position; names are wrapped. */
export interface Placed {
  readonly box: Box;
  readonly parts: readonly { readonly names: readonly string[]; readonly facts: readonly string[] }[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An arrow with its path. */
export interface Line {
  readonly arrow: Arrow;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** The coordinates of a drawing. */
export interface Layout {
  readonly height: number;
  readonly placed: readonly Placed[];
  readonly lines: readonly Line[];
}

/**
 * Computes the layout. The function is in the middle; on its left are its event sources, log and queue, on its right its outputs. The alarms on
 * a resource are below it, and their targets below them.
 */
export function layoutOf({ boxes, arrows }: Architecture): Layout {
  const of = (...kinds: Box['kind'][]): Box[] => boxes.filter(({ kind }) => kinds.includes(kind));
  const targets = (from: readonly Box[], kind: Arrow['kind']): Box[] =>
    boxes.filter(({ address }) =>
      arrows.some((arrow) => arrow.kind === kind && arrow.to === address && from.some((box) => box.address === arrow.from)),
    );
  const invokers = of('bucket').filter(({ address }) => arrows.some(({ kind, from }) => kind === 'invokes' && from === address));
  const alarmTopics = targets(of('alarms'), 'sends');
  const topics = of('topic').filter((topic) => !alarmTopics.includes(topic));

  // Resources with alarms come last in their column, so that nothing is between them and their alarms.
  const upper = {
    left: [...invokers, ...of('log', 'queue')],
    middle: of('function'),
    right: [
      ...of('bucket').filter((bucket) => !invokers.includes(bucket)),
      ...topics.flatMap((topic) => [topic, ...targets([topic], 'sends')]),
      ...of('table'),
    ],
  };
  const sides = [...stacked('left', upper.left, TOP, arrows), ...stacked('right', upper.right, TOP, arrows)];
  const middle = stacked('middle', upper.middle, TOP, arrows).map((placed) => ({ ...placed, height: bottomOf(sides) - TOP }));
  const bands = (['left', 'middle', 'right'] as const).flatMap((column) => {
    const alarms = of('alarms').filter((alarm) => targets([alarm], 'watches').some((watched) => upper[column].includes(watched)));
    return stacked(column, alarms, bottomOf(sides) + BAND, arrows);
  });
  const last = bottomOf(bands) + BAND;
  const placed = [
    ...sides,
    ...middle,
    ...bands,
    ...stacked('left', of('dashboard'), last, arrows),
    ...stacked('middle', alarmTopics, last, arrows),
    ...stacked('right', targets(alarmTopics, 'sends'), last, arrows),
  ];
  const missing = boxes.filter((box) => placed.filter((found) => found.box === box).length !== 1);
  if (missing.length > 0) throw new Error(`The diagram has no place for ${missing.map(({ address }) => address).join(', ')}`);
  return { height: bottomOf(placed) + 44, placed, lines: linesOf(arrows, placed) };
}

function bottomOf(placed: readonly Placed[]): number {
  return Math.max(TOP, ...placed.map(({ y, height }) => y + height));
}

function stacked(column: Column, boxes: readonly Box[], top: number, arrows: readonly Arrow[]): Placed[] {
  let y = top;
  return boxes.map((box) => {
    const placed = place(box, column, y, arrows);
    y += placed.height + GAP;
    return placed;
  });
}

/** Places a box. It is at least as high as the labels of the arrows at its side. */
function place(box: Box, column: Column, y: number, arrows: readonly Arrow[]): Placed {
  const { x, width } = COLUMNS[column];
  const parts = box.parts.map(({ name, facts }: Part) => ({
    names: wrapped(name, Math.floor((width - 2 * PADDING) / CHARACTER_WIDTH)),
    facts,
  }));
  const lines = parts.reduce((sum, { names, facts }) => sum + names.length + facts.length, 0);
  const between = (parts.length - 1) * 8;
  const said = column === 'middle' ? 0 : saidAt(box, arrows).reduce((sum, { words }) => sum + sayHeight(words.length), 0);
  return { box, parts, x, y, width, height: Math.max(HEAD_HEIGHT + lines * LINE_HEIGHT + between + PADDING, said + 10) };
}

function saidAt({ address }: Box, arrows: readonly Arrow[]): Arrow[] {
  return arrows.filter(({ from, to, words }) => words.length > 0 && (from === address || to === address));
}

/** The label is above the line. */
function sayHeight(words: number): number {
  return words * 13 + 14;
}

function linesOf(arrows: readonly Arrow[], placed: readonly Placed[]): Line[] {
  const at = (address: string): Placed => {
    const found = placed.find(({ box }) => box.address === address);
    if (found === undefined) throw new Error(`The diagram draws an arrow to ${address}, which has no box`);
    return found;
  };
  return arrows.map((arrow) => {
    const [from, to] = [at(arrow.from), at(arrow.to)];
    if (arrow.words.length > 0) {
      const side = from.box.kind === 'function' ? to : from;
      const y = lineY(side, arrow, arrows);
      const [start, end] = from.x < to.x ? [from.x + from.width, to.x] : [from.x, to.x + to.width];
      return {
        arrow,
        points: [
          [start, y],
          [end, y],
        ],
      };
    }
    return { arrow, points: wayBetween(from, to) };
  });
}

/** Returns the y position of an arrow; the arrows at one side of a box share its height. */
function lineY(side: Placed, arrow: Arrow, arrows: readonly Arrow[]): number {
  const said = saidAt(side.box, arrows);
  const total = said.reduce((sum, { words }) => sum + sayHeight(words.length), 0);
  const above = said.slice(0, said.indexOf(arrow) + 1).reduce((sum, { words }) => sum + sayHeight(words.length), 0);
  return side.y + (side.height - total) / 2 + above - 6;
}

/** Returns the path of an arrow: vertical, or horizontal between boxes side by side. */
function wayBetween(from: Placed, to: Placed): Line['points'] {
  const centre = ({ x, width }: Placed): number => x + width / 2;
  if (from.y === to.y)
    return [
      [from.x + from.width, from.y + from.height / 2],
      [to.x, from.y + from.height / 2],
    ];
  if (from.y > to.y)
    return [
      [centre(from), from.y],
      [centre(from), to.y + to.height],
    ];
  if (centre(from) === centre(to))
    return [
      [centre(from), from.y + from.height],
      [centre(to), to.y],
    ];
  const between = to.y - BAND / 2;
  return [
    [centre(from), from.y + from.height],
    [centre(from), between],
    [centre(to), between],
    [centre(to), to.y],
  ];
}

/** Wraps a name after a hyphen, a slash or a space. */
export function wrapped(name: string, characters: number): string[] {
  const lines: string[] = [];
  for (const part of name.split(/(?<=[-/ ])/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length <= characters) lines[lines.length - 1] = last + part;
    else lines.push(part);
  }
  return lines;
}
