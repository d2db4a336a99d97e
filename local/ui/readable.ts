import type { OutcomeStatus } from '../../lambda-src/contract/outcome.ts';
import type { Recipe } from '../../lambda-src/contract/recipe.ts';

/** Formats bytes in decimal units, as operating systems show file sizes: `3.7 MB`. */
export function readableBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [amount, unit] = bytes < 999_500 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${amount.toFixed(amount < 10 ? 1 : 0)} ${unit}`;
}

/** Formats the relative change between two sizes: `−91 %`, `−99.7 %`, `+4 %`. */
export function readableChange(before: number, after: number): string {
  const percent = before === 0 ? 0 : (after / before - 1) * 100;
  const sign = Math.round(percent) === 0 ? '±' : percent < 0 ? '−' : '+';
  // −100 % would say that nothing is left.
  const amount = percent < -99 && after > 0 ? Math.min(99.9, -percent).toFixed(1) : Math.abs(percent).toFixed(0);
  return `${sign}${amount} %`;
}

/** Formats a duration: `412 ms`, `3.1 s`. */
export function readableTime(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Control characters, lone surrogates, line separators and marks that set the reading direction. */
const CONTROLS = /[\p{Cc}\p{Cs}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Escapes characters that would control a terminal or reverse the reading direction: `\u001b` and the like. */
export function readableText(text: string): string {
  return text.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Escapes like `readableText`, but keeps line breaks. */
export function readableLines(text: string): string {
  return text.split('\n').map(readableText).join('\n');
}

/** Shortens a key to at most `length` characters by cutting its middle: its beginning and its extension say most. */
export function readableName(key: string, length: number): string {
  const characters = [...readableText(key)];
  if (characters.length <= length) return characters.join('');
  const tail = Math.floor(length / 3);
  return [...characters.slice(0, length - tail - 1), '…', ...characters.slice(-tail)].join('');
}

/** An outcome, or what a delivery is before it has one. */
export type Status = OutcomeStatus | 'deadLettered' | 'waiting' | 'working';

/** The status as people read it. */
export function statusInWords(status: Status): string {
  return status === 'deadLettered' ? 'dead letter' : status;
}

/** `1 photo`, `2 photos`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Describes the renditions of a recipe in one sentence. */
export function recipeInWords({ renditions }: Pick<Recipe, 'renditions'>): string {
  if (renditions.length === 0) return 'Every photo is checked and recorded; nothing is rendered.';
  const each = renditions.map(({ fit, width, height, format, quality }) => {
    const article = format === 'avif' ? 'an' : 'a';
    return `${article} ${format.toUpperCase()} of quality ${quality} ${fit === 'cover' ? 'cropped to' : 'within'} ${width} × ${height}`;
  });
  return `Every photo becomes ${each.join(' and ')} pixels.`;
}
