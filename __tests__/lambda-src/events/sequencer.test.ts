import { describe, expect, test } from '@jest/globals';
import { padSequencer, sequencerOf } from '../../../lambda-src/events/sequencer.ts';

const TIME = new Date('2026-03-04T05:06:07.250Z');

describe('a sequencer of S3', () => {
  test('is written in capitals and padded on the right to 40 digits, so that text order is event order', () => {
    expect(padSequencer('00a1b2')).toBe('00A1B20000000000000000000000000000000000');
    expect(sequencerOf('00a1b2', TIME)).toBe('00A1B20000000000000000000000000000000000');
  });

  test('may have up to 40 digits', () => {
    expect(sequencerOf('F'.repeat(40), TIME)).toBe('F'.repeat(40));
  });
});

describe('an event without a sequencer gets one from its time, which starts like S3’s: seconds, then the fraction of a second', () => {
  test.each([
    ['2026-03-04T05:06:07.250Z', '0069A7BDBF400000000000000000000000000000'],
    ['2026-03-04T05:06:07.999Z', '0069A7BDBFFFBE76C80000000000000000000000'],
    ['1970-01-01T00:00:01.001Z', '000000000100418937'.padEnd(40, '0')],
  ])('%s', (time, sequencer) => {
    expect(sequencerOf(undefined, new Date(time))).toBe(sequencer);
  });

  test.each(['', 'G', 'x00A1', '00A1x', '00A1\n', 'F'.repeat(41)])('also when it carries %j, which is no sequencer', (malformed) => {
    expect(sequencerOf(malformed, TIME)).toBe('0069A7BDBF400000000000000000000000000000');
  });
});
