import { describe, expect, test } from '@jest/globals';
import { FAILURES } from '../../lambda-src/contract/outcome.ts';
import { itHasOneEffectPerUpload } from './delivery-checks.ts';
import { deployedForThisFile } from './deployed-pipeline.ts';
import { itMeetsItsRequirements, PHOTO_SUFFIXES } from './deployment-checks.ts';
import { itCanBeMaintained } from './maintenance-checks.ts';
import { itCanBeOperated } from './operation-checks.ts';
import { itWorksWithItsOwnRole } from './permission-checks.ts';
import { brokenPhoto, cameraPhoto, factsOf, smallPhoto } from './photos.ts';
import { atWork, messageIn } from './working-pipeline.ts';

describe('upload-processing', () => {
  const deployed = deployedForThisFile('upload-processing');

  itMeetsItsRequirements(deployed, {
    outputs: {
      upload_bucket_name: 'image-upload-bucket-ci-123456789012',
      processed_bucket_name: 'processed-images-bucket-ci-123456789012',
      function_name: 'image-processor-ci',
      function_arn: 'arn:aws:lambda:us-east-1:123456789012:function:image-processor-ci',
      metadata_table_name: 'image-processing-ledger-ci',
      notification_topic_arn: 'arn:aws:sns:us-east-1:123456789012:image-processing-notifications-ci',
    },
    function: { MemorySize: 512, Timeout: 60 },
    logRetentionDays: 7,
    notifications: PHOTO_SUFFIXES.map((suffix) => `uploads/*${suffix}`),
    tableKeys: ['ImageId'],
    mailedStatuses: ['failed', 'processed'],
    alarms: { errors: 5, duration: 45_000, throttles: 0, 'processing-errors': 10, 'dead-letter-depth': 0, 'dead-letter-age': 86_400 },
    lifecycles: [{}, {}],
  });

  describe('at work', () => {
    const pipeline = atWork(deployed);

    test('optimises a photo: upright, smaller, without camera data and location; and stores its metadata', async () => {
      const photo = await cameraPhoto();
      const { records } = await pipeline().upload('uploads/IMG_0001.JPG', photo, { Metadata: { photographer: 'Jane Doe' } });

      expect(await pipeline().deliver(...records)).toEqual(['processed']);

      const { bytes, contentType, metadata } = await pipeline().rendition('processed/uploads/IMG_0001.JPG');
      expect(await factsOf(bytes)).toEqual({ format: 'jpeg', width: 810, height: 1080, traces: [] });
      expect(bytes.length).toBeLessThan(photo.length);
      expect(contentType).toBe('image/jpeg');
      expect(metadata).toMatchObject({ photographer: 'Jane Doe', 'original-key': 'uploads/IMG_0001.JPG' });
    });

    test('is invoked only for photos under uploads/', async () => {
      const photo = await smallPhoto();

      expect((await pipeline().upload('photo.jpg', photo)).records).toEqual([]);
      expect((await pipeline().upload('uploads/notes.txt', photo)).records).toEqual([]);
      expect((await pipeline().upload('uploads/schöne Fotos/photo.Jpg', photo)).records).toHaveLength(1);
    });

    test('publishes a success with file sizes and timestamps', async () => {
      await pipeline().mails();
      const photo = await smallPhoto();
      const { records, versionId } = await pipeline().upload('uploads/good.png', photo);
      await pipeline().deliver(...records);

      const { bytes } = await pipeline().rendition('processed/uploads/good.png');
      const [mail, ...others] = await pipeline().mails();
      expect(others).toEqual([]);
      expect(mail).toMatchObject({
        subject: 'Image processed: uploads/good.png',
        attributes: { status: 'processed', preset: 'upload-processing' },
      });
      expect(messageIn(mail)).toMatchObject({
        ...{ type: 'image', status: 'processed', key: 'uploads/good.png', versionId, size: photo.length },
        ...{ width: 320, height: 240, format: 'jpeg', placeholder: expect.any(String) },
        renditions: [
          { name: 'optimized', key: 'processed/uploads/good.png', width: 320, height: 240, format: 'jpeg', bytes: bytes.length },
        ],
      });
    });

    test('publishes a failure with diagnostics and a next step', async () => {
      await pipeline().mails();
      const { records } = await pipeline().upload('uploads/broken.jpg', await brokenPhoto());
      await pipeline().deliver(...records);

      const [mail, ...others] = await pipeline().mails();
      expect(others).toEqual([]);
      expect(mail).toMatchObject({
        subject: 'Image failed (Corrupt): uploads/broken.jpg',
        attributes: { status: 'failed', preset: 'upload-processing', failureCode: 'Corrupt' },
      });
      expect(messageIn(mail)).toMatchObject({ type: 'image', status: 'failed', failureCode: 'Corrupt', nextStep: FAILURES.Corrupt.hint });
      expect(await pipeline().renditionVersions('processed/uploads/broken.jpg')).toEqual([]);
    });

    itHasOneEffectPerUpload(pipeline, { folder: 'uploads/', renditionPrefix: 'processed/' });
    itCanBeOperated(pipeline, 'uploads/');
    itWorksWithItsOwnRole(pipeline, { folder: 'uploads/', renders: true });
  });

  itCanBeMaintained(deployed, {
    change: {
      variables: { image_max_height: '900', notification_statuses: '["failed"]' },
      resources: {
        aws_cloudwatch_log_group: { processor_log: { retention_in_days: 30 } },
        aws_lambda_function: { processor: { memory_size: 1024 } },
      },
    },
    changes: [
      'update aws_cloudwatch_log_group.processor_log',
      'update aws_lambda_alias.processor_live',
      'update aws_lambda_function.processor',
      'update aws_sns_topic_subscription.notifications_mail',
    ],
    refused: {
      notification_email: '@example.com',
      alarm_email: 'two@example.com, three@example.com',
      notification_statuses: '["success"]',
      image_max_width: '0',
      image_max_height: '99',
      reserved_concurrency: '1.5',
    },
  });
});
