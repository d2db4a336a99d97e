import { expect, test } from '@jest/globals';
import { RECORD_ATTRIBUTES } from '../../../lambda-src/contract/record.ts';

test('no partition key can have the name of another attribute', () => {
  expect([...RECORD_ATTRIBUTES].toSorted()).toEqual(
    [
      ...[
        'Announcement',
        'AnnouncementExpiresAt',
        'AnnouncementOwner',
        'AnnouncementRun',
        'BackfillJob',
        'BucketName',
        'CommittedBy',
        'ContentType',
        'ETag',
      ],
      ...[
        'ExpiresAt',
        'FailureCode',
        'FailureDetail',
        'FileName',
        'FileSize',
        'Format',
        'Height',
        'LeaseExpiresAt',
        'ManifestOf',
        'NotifiedSequencer',
      ],
      ...[
        'ObjectKey',
        'Owner',
        'Picture',
        'ProcessedAt',
        'RecipeHash',
        'ReconciliationProgress',
        'Renditions',
        'RenditionsSequencer',
        'RenditionsVersionId',
      ],
      ...['ReportedVersions', 'Run', 'Sequencer', 'SettledStatus', 'Status', 'ThumbHash', 'ThumbnailPath', 'UploadDate'],
      ...['PhotoMetadata', 'UploadTimestamp', 'VersionId', 'Width'],
    ].toSorted(),
  );
});
