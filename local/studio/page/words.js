/** @import { Delivery } from '../delivery.ts' */
/** @import { Snapshot } from '../studio.ts' */

/**
 * A size for people: `3.7 MB`, decimal as on disks.
 * @param {number | undefined} bytes
 */
export function readableBytes(bytes) {
  if (bytes === undefined) return '–';
  if (bytes < 1000) return `${bytes} B`;
  const [amount, unit] = bytes < 999_500 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${amount.toFixed(amount < 10 ? 1 : 0)} ${unit}`;
}

/**
 * How much smaller the second size is: `−91 %`.
 * @param {number} before
 * @param {number} after
 */
export function readableChange(before, after) {
  const percent = before === 0 ? 0 : (after / before - 1) * 100;
  const sign = Math.round(percent) === 0 ? '±' : percent < 0 ? '−' : '+';
  const amount = percent < -99 && after > 0 ? Math.min(99.9, -percent).toFixed(1) : Math.abs(percent).toFixed(0);
  return `${sign}${amount} %`;
}

const STEERING = /[\p{Cc}\p{Cs}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text without what would turn the reading direction around: such characters become `\u202e` and the like.
 * @param {unknown} text
 */
export function readableText(text) {
  return String(text).replace(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * The same, line by line.
 * @param {string} text
 */
export const readableLines = (text) => text.split('\n').map(readableText).join('\n');

/**
 * `412 ms`, `3.1 s`.
 * @param {number | undefined} milliseconds
 */
export function readableTime(milliseconds) {
  if (milliseconds === undefined) return '';
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/**
 * The word of an outcome.
 * @param {Delivery['status']} status
 */
export const statusInWords = (status) => (status === 'deadLettered' ? 'dead letter' : status);

/**
 * @param {number} count
 * @param {string} noun
 */
export const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/**
 * What a recipe makes.
 * @param {Snapshot['recipe']} recipe
 */
export function recipeInWords({ renditions }) {
  if (renditions.length === 0) return 'Every photo is checked and recorded; nothing is rendered.';
  const each = renditions.map(({ fit, width, height, format }) => {
    const article = format === 'avif' ? 'an' : 'a';
    return `${article} ${format.toUpperCase()} ${fit === 'cover' ? 'cropped to' : 'within'} ${width} × ${height}`;
  });
  return `Every photo becomes ${each.join(' and ')} pixels.`;
}

/**
 * What the trigger listens to.
 * @param {Snapshot['trigger']} trigger
 */
export function triggerInWords({ prefix, suffixes }) {
  const which = suffixes.length === 0 ? 'every file' : `files that end with ${suffixes.join(', ')}`;
  return prefix === '' ? which : `${which} under ${prefix}`;
}

/**
 * Why an event ended as it did, in one sentence; empty where that needs no words.
 * @param {Delivery} delivery
 */
export function explanation(delivery) {
  const { status, kind, crashes, detail, failure } = delivery;
  if (status === 'waiting' && crashes > 0) return 'The worker was killed at work. Lambda tries the same event again.';
  if (status === 'duplicate') return 'The same event again: the record says it is done, so nothing is done and nobody is mailed.';
  if (status === 'superseded' && kind === 'late')
    return 'The event of an older version came late: a newer one is recorded, so it changes nothing.';
  if (status === 'superseded') return 'A newer upload of the same name won.';
  if (status === 'gone') return 'The photo was deleted before its turn came.';
  if (status === 'ignored') return `Not an upload for this pipeline: ${detail}.`;
  if (status === 'deadLettered') return 'Every attempt ended with an error; the event waits in the dead-letter queue.';
  if (failure) return failure.sentence;
  if (status === 'processed' && crashes > 0)
    return 'Its worker was killed at work; the retry took the claim back and finished. One record, one set of renditions.';
  return '';
}
