import { describe, expect, test } from '@jest/globals';
import { imageNotification, reportNotification } from '../../lambda-src/notification.ts';
import { FAILED, PROCESSED } from './upload-event.ts';

/** The longest subject that SNS takes. */
const LONGEST = 99;

describe('the message about an image', () => {
  test('that was processed names the original, its renditions and the time', () => {
    expect(imageNotification(PROCESSED, 'photo-sharing')).toMatchObject({
      subject: 'Image processed: photo.jpg',
      message: `Processed "photo.jpg" in bucket uploads.

Original: 3 bytes, 40x30 jpeg
thumbnail: 2 bytes, 20x15 jpeg, "thumbnails/photo.jpg"
Uploaded: 2026-03-04T05:06:07.089Z
Recorded: 2026-03-04T05:06:08.000Z`,
      attributes: { status: 'processed', preset: 'photo-sharing' },
    });
  });

  test('that failed says why, and what to do next', () => {
    expect(imageNotification(FAILED, 'photo-sharing')).toMatchObject({
      subject: 'Image failed (Corrupt): photo.jpg',
      message: `Could not process "photo.jpg" in bucket uploads.

The image is damaged or incomplete and cannot be decoded.
Next step: Upload it again from the original; if that fails too, the original is damaged.

Code: Corrupt
Detail: "truncated"
Original: 3 bytes
Uploaded: 2026-03-04T05:06:07.089Z
Recorded: 2026-03-04T05:06:08.000Z`,
      attributes: { status: 'failed', preset: 'photo-sharing', failureCode: 'Corrupt' },
    });
  });

  test('of unknown size does not mention one', () => {
    const { message } = imageNotification({ ...FAILED, size: undefined }, 'photo-sharing');

    expect(message.split('\n').slice(-3)).toEqual([
      'Detail: "truncated"',
      'Uploaded: 2026-03-04T05:06:07.089Z',
      'Recorded: 2026-03-04T05:06:08.000Z',
    ]);
  });

  test('quotes names, so that none can imitate another line', () => {
    const { message } = imageNotification({ ...PROCESSED, key: 'a\nUploaded: never.jpg' }, 'photo-sharing');

    expect(message.split('\n')[0]).toBe('Processed "a\\nUploaded: never.jpg" in bucket uploads.');
  });
});

describe('the subject', () => {
  const subjectOf = (key: string) => imageNotification({ ...PROCESSED, key }, 'photo-sharing').subject;
  const begin = 'Image processed: ';

  test('has a question mark for everything that is not visible ASCII', () => {
    expect(subjectOf('a\r\nKöln ~.jpg\u007f')).toBe('Image processed: a??K?ln ~.jpg?');
  });

  test('is kept up to the limit, and shortened to it above', () => {
    const fits = 'x'.repeat(LONGEST - begin.length);

    expect(subjectOf(fits)).toBe(begin + fits);
    expect(subjectOf(`${fits}y`)).toBe(`${begin}${fits.slice(3)}...`);
  });
});

describe('the report of an invocation', () => {
  test('counts what was processed and what failed, and names each image', () => {
    expect(reportNotification([PROCESSED, FAILED, PROCESSED], 'image-metadata')).toMatchObject({
      subject: 'Image report: 2 processed, 1 failed',
      message: `Processed: 2
Failed: 1

processed "photo.jpg": 3 bytes, 40x30 jpeg
failed "photo.jpg": Corrupt. The image is damaged or incomplete and cannot be decoded. Next step: Upload it again from the original; if that fails too, the original is damaged.
processed "photo.jpg": 3 bytes, 40x30 jpeg`,
      attributes: { status: 'failed', preset: 'image-metadata' },
    });
  });

  test('without a failure has the status of a success', () => {
    expect(reportNotification([PROCESSED], 'image-metadata').attributes).toEqual({ status: 'processed', preset: 'image-metadata' });
  });

  test('names at most fifty images, because a message has a limit', () => {
    const named = (count: number) =>
      reportNotification(
        Array.from({ length: count }, () => PROCESSED),
        'image-metadata',
      ).message.split('\n');

    expect(named(50)).toHaveLength(3 + 50);
    expect(named(52)).toHaveLength(3 + 50 + 1);
    expect(named(52).at(-1)).toBe('and 2 more');
  });
});
