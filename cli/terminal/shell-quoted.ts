import { readableText } from '../../local/ui/readable.ts';

/** A word that a shell takes as it is, and that steers no terminal when it is shown: bash and zsh read `$'\u001b'` as the character. */
export function shellQuoted(word: string): string {
  if (readableText(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${readableText(word.replaceAll(/['\\]/g, '\\$&'))}'`;
}
