import { styleText } from 'node:util';
import { readableText } from '../../local/ui/readable.ts';

export type Paint = (style: 'bold' | 'green' | 'red' | 'yellow', text: string) => string;

/** Whether a stream is a terminal with colours; respects NO_COLOR and FORCE_COLOR. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.hasColors();
}

/** Returns a function that colours text for a terminal with colours, and leaves it as it is otherwise. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return hasColours(stream) ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

/** Returns a count with its noun: `1 photo`, `12,300 photos`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Quotes a word for bash or zsh. Control characters become `$'\u001b'`, so that they cannot affect the terminal that shows the command. */
export function shellQuoted(word: string): string {
  if (readableText(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${readableText(word.replaceAll(/['\\]/g, '\\$&'))}'`;
}

/** Returns a value as one indented JSON document. */
export function jsonDocument(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** Prints a line to standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
