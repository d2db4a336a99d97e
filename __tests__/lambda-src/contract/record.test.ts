import { expect, test } from '@jest/globals';
import { BOOKMARK_ATTRIBUTE, BOOKMARK_KEY, EXPIRY_ATTRIBUTE, RECORD_ATTRIBUTES } from '../../../lambda-src/contract/record.ts';

test('a reconciliation finds the progress of an older release, and tables keep their TTL attribute', () => {
  expect({ BOOKMARK_ATTRIBUTE, BOOKMARK_KEY, EXPIRY_ATTRIBUTE }).toEqual({
    BOOKMARK_ATTRIBUTE: 'ReconciliationProgress',
    BOOKMARK_KEY: 'reconciliation',
    EXPIRY_ATTRIBUTE: 'ExpiresAt',
  });
});

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
