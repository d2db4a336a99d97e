import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { itHasOneEffectPerUpload } from './delivery-checks.ts';
import { deployedForThisFile } from './deployed-pipeline.ts';
import { itMeetsItsRequirements, PHOTO_SUFFIXES } from './deployment-checks.ts';
import { itIsOperatedAsDocumented } from './documentation-checks.ts';
import { itCanBeMaintained } from './maintenance-checks.ts';
import { itCanBeOperated } from './operation-checks.ts';
import { itWorksWithItsOwnRole } from './permission-checks.ts';
import { brokenPhoto, cameraPhoto, smallPhoto } from './photos.ts';
import { atWork, messageIn } from './working-pipeline.ts';

describe('image-metadata', () => {
  const deployed = deployedForThisFile('image-metadata');

  itMeetsItsRequirements(deployed, {
    outputs: {
      upload_bucket_name: 'image-storage-bucket-ci-123456789012',
      function_name: 'ImageProcessor-ci',
      function_arn: 'arn:aws:lambda:us-east-1:123456789012:function:ImageProcessor-ci',
      metadata_table_name: 'ImageMetadata-ci',
      notification_topic_arn: 'arn:aws:sns:us-east-1:123456789012:ImageProcessingNotifications-ci',
    },
    function: { MemorySize: 512, Timeout: 60 },
    logRetentionDays: 30,
    notifications: PHOTO_SUFFIXES,
    tableKeys: ['ImageId', 'UploadDate', 'UploadTimestamp'],
    mailedStatuses: ['failed', 'processed'],
    alarms: {
      errors: 5,
      throttles: 1,
      'table-write-throttles': 5,
      'processing-errors': 10,
      'dead-letter-depth': 0,
      'dead-letter-age': 86_400,
    },
    lifecycles: [{}],
  });

  describe('at work', () => {
    const pipeline = atWork(deployed);

    test('records the required metadata and the size as displayed', async () => {
      const photo = await cameraPhoto();
      const { records } = await pipeline().upload('Urlaub 2026/IMG_0001.JPG', photo);

      expect(await pipeline().deliver(...records)).toEqual(['processed']);

      const today = new Date().toISOString().slice(0, 10);
      expect(await pipeline().item('Urlaub 2026/IMG_0001.JPG')).toMatchObject({
        ImageId: expect.stringMatching(/^[0-9a-f]{64}$/),
        BucketName: 'image-storage-bucket-ci-123456789012',
        ObjectKey: 'Urlaub 2026/IMG_0001.JPG',
        FileSize: photo.length,
        ContentType: 'image/jpeg',
        UploadTimestamp: expect.any(Number),
        UploadDate: today,
        ProcessedAt: expect.stringContaining(today),
        Status: 'processed',
        Width: 900,
        Height: 1200,
        Format: 'jpeg',
      });
    });

    test('answers "the images of a day, newest first" with its index', async () => {
      for (const key of ['first.jpg', 'second.jpg', 'third.jpg']) {
        const { records } = await pipeline().upload(key, await smallPhoto());
        await pipeline().deliver(...records);
      }

      const { Items = [] } = await deployed().aws.clients.dynamodb.send(
        new QueryCommand({
          TableName: deployed().outputs.metadata_table_name,
          IndexName: 'UploadTimestampIndex',
          KeyConditionExpression: 'UploadDate = :day',
          ExpressionAttributeValues: { ':day': { S: new Date().toISOString().slice(0, 10) } },
          ScanIndexForward: false,
          Limit: 3,
        }),
      );

      expect(Items.map(({ ObjectKey }) => ObjectKey?.S)).toEqual(['third.jpg', 'second.jpg', 'first.jpg']);
    });

    test('reports how many of an invocation were processed and failed, in one message', async () => {
      await pipeline().mails();
      const [good, bad, better] = [
        await pipeline().upload('good.jpg', await smallPhoto(1)),
        await pipeline().upload('bad.jpg', await brokenPhoto()),
        await pipeline().upload('better.jpg', await smallPhoto(2)),
      ];

      expect(await pipeline().deliver(...good.records, ...bad.records, ...better.records)).toEqual(['processed', 'failed', 'processed']);

      const [mail, ...others] = await pipeline().mails();
      expect(others).toEqual([]);
      expect(mail).toMatchObject({
        subject: 'Image report: 2 processed, 1 failed',
        attributes: { status: 'failed', preset: 'image-metadata' },
      });
      expect(messageIn(mail)).toMatchObject({
        ...{ type: 'report', processed: 2, failed: 1, omitted: 0 },
        images: expect.arrayContaining([expect.objectContaining({ status: 'failed', key: 'bad.jpg', failureCode: 'Corrupt' })]),
      });
    });

    test('does not write to its bucket', async () => {
      await pipeline()
        .upload('only.jpg', await smallPhoto())
        .then(({ records }) => pipeline().deliver(...records));

      expect((await pipeline().renditionVersions()).filter((key) => key.includes('only'))).toEqual(['only.jpg']);
    });

    itHasOneEffectPerUpload(pipeline, { folder: '', renditionPrefix: undefined });
    itCanBeOperated(pipeline, '');
    itWorksWithItsOwnRole(pipeline, { folder: '', renders: false });
    itIsOperatedAsDocumented(pipeline, 'image-metadata');
  });

  itCanBeMaintained(deployed, {
    change: {
      variables: { reserved_concurrency: '20', notification_statuses: '["failed"]' },
      resources: {
        aws_cloudwatch_log_group: { processor_log: { retention_in_days: 90 } },
        aws_cloudwatch_metric_alarm: { alarms_throttles: { threshold: 2 } },
      },
    },
    changes: [
      'update aws_cloudwatch_log_group.processor_log',
      'update aws_cloudwatch_metric_alarm.alarms_throttles',
      'update aws_lambda_function.processor',
      'update aws_sns_topic_subscription.notifications_mail',
    ],
    refused: {
      notification_email: '',
      alarm_email: 'ops@example.com\nBcc: everyone@example.com',
      notification_statuses: '["report"]',
      reserved_concurrency: '-5',
    },
  });
});
