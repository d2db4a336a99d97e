/** Longer than any sequencer S3 has been seen to send (16 to 18 digits). */
const PADDED_LENGTH = 40;

/**
 * Brings sequencers of unequal length to one, so that text order is event order. S3 says: pad the shorter one with zeros on the
 * right, then compare as text, and only for the same key
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
 */
export function padSequencer(sequencer: string): string {
  return sequencer.toUpperCase().padEnd(PADDED_LENGTH, '0');
}

/**
 * The sequencer of an event that carries none or a malformed one: its time, written as S3's own sequencers are seen to begin
 * (seconds since 1970, then the fraction), so that both sort together.
 */
export function sequencerOf(sequencer: string | undefined, time: Date): string {
  if (sequencer !== undefined && /^[0-9A-Fa-f]{1,40}$/.test(sequencer)) return padSequencer(sequencer);
  const seconds = Math.floor(time.getTime() / 1000);
  const fraction = Math.floor(((time.getTime() % 1000) / 1000) * 2 ** 32);
  return padSequencer(`00${hex8(seconds)}${hex8(fraction)}`);
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}
