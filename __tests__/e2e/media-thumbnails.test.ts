import { describe, expect, test } from '@jest/globals';
import { itHasOneEffectPerUpload } from './delivery-checks.ts';
import { deployedForThisFile } from './deployed-pipeline.ts';
import { itMeetsItsRequirements } from './deployment-checks.ts';
import { itCanBeMaintained } from './maintenance-checks.ts';
import { itCanBeOperated } from './operation-checks.ts';
import { itWorksWithItsOwnRole } from './permission-checks.ts';
import { cameraPhoto, factsOf, smallPhoto } from './photos.ts';
import { atWork } from './working-pipeline.ts';

describe('media-thumbnails', () => {
  const deployed = deployedForThisFile('media-thumbnails');

  itMeetsItsRequirements(deployed, {
    outputs: {
      upload_bucket_name: 'media-source-ci-123456789012',
      processed_bucket_name: 'media-thumbnails-ci-123456789012',
      function_name: 'ThumbnailGenerator-ci',
      function_arn: 'arn:aws:lambda:us-east-1:123456789012:function:ThumbnailGenerator-ci',
      metadata_table_name: 'ImageMetadata',
      notification_topic_arn: 'arn:aws:sns:us-east-1:123456789012:ThumbnailAlerts-ci',
    },
    function: { MemorySize: 1024, Timeout: 60 },
    logRetentionDays: 14,
    notifications: [''],
    tableKeys: ['ImageID'],
    mailedStatuses: ['failed'],
    alarms: { errors: 5, throttles: 5, 'processing-errors': 10, 'dead-letter-depth': 0, 'dead-letter-age': 86_400 },
    lifecycles: [{}, {}],
  });

  describe('at work', () => {
    const pipeline = atWork(deployed);

    test('makes an upright thumbnail without camera data and location', async () => {
      const { records } = await pipeline().upload('IMG_0001.JPG', await cameraPhoto());

      expect(await pipeline().deliver(...records)).toEqual(['processed']);

      const { bytes, contentType, metadata } = await pipeline().rendition('thumbnails/IMG_0001.JPG');
      expect(await factsOf(bytes)).toEqual({ format: 'jpeg', width: 192, height: 256, traces: [] });
      expect(contentType).toBe('image/jpeg');
      expect(metadata).toMatchObject({ 'original-bucket': 'media-source-ci-123456789012', 'original-key': 'IMG_0001.JPG' });
    });

    test('stores file name, size, upload time and thumbnail path in ImageMetadata, by ImageID', async () => {
      const photo = await smallPhoto();
      const started = Date.now();
      const { records } = await pipeline().upload('press/2026/mein Bild für Seite 1.png', photo);
      await pipeline().deliver(...records);

      const item = await pipeline().item('press/2026/mein Bild für Seite 1.png');
      expect(item).toMatchObject({
        ImageID: expect.stringMatching(/^[0-9a-f]{64}$/),
        FileName: 'mein Bild für Seite 1.png',
        FileSize: photo.length,
        UploadTimestamp: expect.any(Number),
        ThumbnailPath: 'thumbnails/press/2026/mein Bild für Seite 1.png',
        Status: 'processed',
      });
      expect(Math.abs(Number(item?.UploadTimestamp) - started)).toBeLessThan(60_000);
    });

    test('is invoked for every upload and sends an alert if it is not an image', async () => {
      await pipeline().mails();
      const { records } = await pipeline().upload('notes.txt', Buffer.from('not a photo'), { ContentType: 'text/plain' });

      expect(await pipeline().deliver(...records)).toEqual(['failed']);

      const [mail, ...others] = await pipeline().mails();
      expect(others).toEqual([]);
      expect(mail?.subject).toBe('Image failed (UnsupportedType): notes.txt');
      expect(await pipeline().item('notes.txt')).toMatchObject({ Status: 'failed', FailureCode: 'UnsupportedType' });
    });

    itHasOneEffectPerUpload(pipeline, { folder: '', renditionPrefix: 'thumbnails/' });
    itCanBeOperated(pipeline, '');
    itWorksWithItsOwnRole(pipeline, { folder: '', renders: true });
  });

  itCanBeMaintained(deployed, {
    change: {
      variables: { image_max_width: '320', image_max_height: '320', reserved_concurrency: '10' },
      resources: { aws_cloudwatch_log_group: { processor_log: { retention_in_days: 90 } } },
    },
    changes: [
      'update aws_cloudwatch_log_group.processor_log',
      'update aws_lambda_alias.processor_live',
      'update aws_lambda_function.processor',
    ],
    refused: {
      notification_email: 'ops@example',
      notification_statuses: '[]',
      image_max_width: '100.5',
      image_max_height: '5000',
      reserved_concurrency: '-2',
      source_bucket_name: 'Photos_of_2026',
      thumbnail_bucket_name: 'ab',
    },
  });
});
