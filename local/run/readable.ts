/** A size for people: `3.7 MB`, decimal as on disks. */
export function readableBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [amount, unit] = bytes < 999_500 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${amount.toFixed(amount < 10 ? 1 : 0)} ${unit}`;
}

/** How much smaller the second size is: `−91 %`, `−99.7 %`; `+4 %` when it is larger. */
export function readableChange(before: number, after: number): string {
  const percent = before === 0 ? 0 : (after / before - 1) * 100;
  const sign = Math.round(percent) === 0 ? '±' : percent < 0 ? '−' : '+';
  // What is left of a large photo is never nothing, as −100 % would say.
  const amount = percent < -99 && after > 0 ? Math.min(99.9, -percent).toFixed(1) : Math.abs(percent).toFixed(0);
  return `${sign}${amount} %`;
}

/** Controls, halves of surrogate pairs, line separators and marks that set the reading direction. */
const STEERING = /[\p{Cc}\p{Cs}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A text without what would steer a terminal or turn the reading direction around: such characters become `\u001b` and the like. */
export function readableText(text: string): string {
  return text.replace(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same, cut in the middle to at most so many characters: the beginning and the extension tell most. */
export function readableName(key: string, length: number): string {
  const characters = [...readableText(key)];
  if (characters.length <= length) return characters.join('');
  const tail = Math.floor(length / 3);
  return [...characters.slice(0, length - tail - 1), '…', ...characters.slice(-tail)].join('');
}
