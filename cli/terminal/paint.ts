import { styleText } from 'node:util';

export type Paint = (style: 'bold' | 'green' | 'red' | 'yellow', text: string) => string;

/** Colours for a terminal that has them, and nothing for anything else; NO_COLOR and FORCE_COLOR are respected. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  const hasColours = stream.isTTY && stream.hasColors();
  return hasColours ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}
