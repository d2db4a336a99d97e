import { describe, expect, test } from '@jest/globals';
import { FAILURES } from '../../lambda-src/contract/outcome.ts';
import { makePhoto } from '../fixtures/photos.ts';
import { itHasOneEffectPerUpload } from './delivery-checks.ts';
import { deployedForThisFile } from './deployed-pipeline.ts';
import { itMeetsItsRequirements, PHOTO_SUFFIXES } from './deployment-checks.ts';
import { itIsOperatedAsDocumented, itLogsAsDocumented } from './documentation-checks.ts';
import { itCanBeMaintained } from './maintenance-checks.ts';
import { itCanBeOperated } from './operation-checks.ts';
import { itWorksWithItsOwnRole } from './permission-checks.ts';
import { brokenPhoto, cameraPhoto, factsOf, smallPhoto, topRightPixel } from './photos.ts';
import { itPublishesVersions } from './version-promises.ts';
import { atWork, messageIn } from './working-pipeline.ts';

describe('photo-sharing', () => {
  const deployed = deployedForThisFile('photo-sharing');

  itMeetsItsRequirements(deployed, {
    outputs: {
      upload_bucket_name: 'photo-uploads-photo-sharing-ci-123456789012',
      processed_bucket_name: 'photo-processed-photo-sharing-ci-123456789012',
      function_name: 'ImageProcessor-photo-sharing-ci',
      function_arn: 'arn:aws:lambda:us-west-2:123456789012:function:ImageProcessor-photo-sharing-ci',
      metadata_table_name: 'ImageMetadata-photo-sharing-ci',
      notification_topic_arn: 'arn:aws:sns:us-west-2:123456789012:ImageProcessingErrors-photo-sharing-ci',
    },
    function: { MemorySize: 1024, Timeout: 60 },
    reservedConcurrency: 100,
    logRetentionDays: 30,
    notifications: PHOTO_SUFFIXES,
    tableKeys: ['ImageId'],
    mailedStatuses: ['failed'],
    alarms: { errors: 10, throttles: 5, 'processing-errors': 10, 'dead-letter-depth': 0, 'dead-letter-age': 86_400 },
    lifecycles: [{ expiration: 365 }, { infrequentAccess: 30, expiration: 365 }],
  });

  itPublishesVersions(deployed);

  describe('at work', () => {
    const pipeline = atWork(deployed);

    test('fits a photo into 1024x768, upright and without camera data and location, and stores its metadata', async () => {
      const { records, versionId } = await pipeline().upload('IMG_0001.JPG', await cameraPhoto(), { Metadata: { album: 'Summer' } });

      expect(await pipeline().deliver(...records)).toEqual(['processed']);

      const { bytes, contentType, metadata } = await pipeline().rendition('resized/IMG_0001.JPG');
      expect(await factsOf(bytes)).toEqual({ format: 'jpeg', width: 576, height: 768, traces: [] });
      expect(contentType).toBe('image/jpeg');
      expect(metadata).toMatchObject({
        album: 'Summer',
        'original-bucket': 'photo-uploads-photo-sharing-ci-123456789012',
        'original-key': 'IMG_0001.JPG',
        'original-version-id': versionId,
        'processed-date': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      });
    });

    test('flattens a transparent PNG on white', async () => {
      const logo = await makePhoto({ format: 'png', alpha: true, width: 320, height: 240 });
      const { records } = await pipeline().upload('logo.png', logo, { ContentType: 'image/png' });

      expect(await pipeline().deliver(...records)).toEqual(['processed']);

      const { bytes } = await pipeline().rendition('resized/logo.png');
      expect(await factsOf(bytes)).toMatchObject({ format: 'jpeg', width: 320, height: 240 });
      expect(Math.min(...(await topRightPixel(bytes)))).toBeGreaterThan(240);
    });

    test('accepts names with spaces and umlauts', async () => {
      const key = 'Urlaub 2026/Grüße + Küsse (1).jpeg';
      const { records } = await pipeline().upload(key, await smallPhoto());

      expect(await pipeline().deliver(...records)).toEqual(['processed']);

      const { metadata } = await pipeline().rendition(`resized/${key}`);
      expect(decodeURI(metadata['original-key'] ?? '')).toBe(key);
      expect(await pipeline().item(key)).toMatchObject({ ObjectKey: key, FileName: 'Grüße + Küsse (1).jpeg', Status: 'processed' });
    });

    test('ignores keys without a photo suffix', async () => {
      const { records } = await pipeline().upload('notes.txt', Buffer.from('not a photo'));

      expect(records).toEqual([]);
    });

    test('publishes a damaged photo, with what to do next, and no success', async () => {
      await pipeline().mails();
      const good = await pipeline().upload('good.jpg', await smallPhoto());
      const bad = await pipeline().upload('broken.jpg', await brokenPhoto());

      expect(await pipeline().deliver(...good.records, ...bad.records)).toEqual(['processed', 'failed']);

      const mails = await pipeline().mails();
      expect(mails.map(({ subject }) => subject)).toEqual(['Image failed (Corrupt): broken.jpg']);
      expect(mails[0]).toMatchObject({
        attributes: { status: 'failed', preset: 'photo-sharing', failureCode: 'Corrupt' },
      });
      expect(messageIn(mails[0])).toMatchObject({ status: 'failed', nextStep: FAILURES.Corrupt.hint });
      expect(await pipeline().item('broken.jpg')).toMatchObject({ Status: 'failed', FailureCode: 'Corrupt' });
      expect(await pipeline().renditionVersions('resized/broken.jpg')).toEqual([]);
    });

    itHasOneEffectPerUpload(pipeline, { folder: '', renditionPrefix: 'resized/' });
    itCanBeOperated(pipeline, '');
    itWorksWithItsOwnRole(pipeline, { folder: '', renders: true });
    itIsOperatedAsDocumented(pipeline, 'photo-sharing');
    itLogsAsDocumented(pipeline);
  });

  itCanBeMaintained(deployed, {
    change: {
      variables: { image_max_width: '800', reserved_concurrency: '-1', notification_statuses: '["failed"]' },
      resources: {
        aws_cloudwatch_log_group: { processor_log: { retention_in_days: 7 } },
        aws_cloudwatch_metric_alarm: { alarms_errors: { threshold: 3 } },
      },
    },
    changes: [
      'update aws_cloudwatch_log_group.processor_log',
      'update aws_cloudwatch_metric_alarm.alarms_errors',
      'update aws_lambda_alias.processor_live',
      'update aws_lambda_function.processor',
    ],
    refused: {
      notification_email: 'nobody',
      alarm_email: 'nobody@nowhere',
      notification_statuses: '["processed"]',
      log_level: 'info',
      image_max_width: '99',
      image_max_height: '4097',
      reserved_concurrency: '-2',
    },
  });
});
