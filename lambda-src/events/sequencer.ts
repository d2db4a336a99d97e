/** Longer than any observed sequencer (16 to 18 digits). */
const PADDED_LENGTH = 40;

/**
 * Pads a sequencer to a fixed length, so that text order is event order. S3 specifies to pad the shorter sequencer with zeros on the right
 * and to compare as text, only for events of the same key
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
 */
export function padSequencer(sequencer: string): string {
  return sequencer.toUpperCase().padEnd(PADDED_LENGTH, '0');
}

/**
 * Returns the padded sequencer of an event. If it is missing or malformed, derives one from the event's time in the observed format of S3's
 * own sequencers (seconds since 1970, then the fraction), so that both kinds sort together.
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
