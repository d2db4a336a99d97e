/**
 * The table's TTL attribute: when DynamoDB may delete a record, in seconds since 1970. Only records without a photo have it. DynamoDB deletes
 * them by itself within a few days of that time (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html).
 */
export const EXPIRY_ATTRIBUTE = 'ExpiresAt';

/** Partition key of the item in which a reconciliation keeps its progress. The key of a record is 64 hexadecimal characters long. */
export const BOOKMARK_KEY = 'reconciliation';

/** The attribute that holds the progress, as JSON. */
export const BOOKMARK_ATTRIBUTE = 'ReconciliationProgress';

/** Attributes of the items in the ledger. The table's partition key must have another name. */
export const RECORD_ATTRIBUTES: readonly string[] = [
  ...['BucketName', 'ObjectKey', 'FileName', 'FileSize', 'ContentType', 'UploadTimestamp', 'UploadDate', 'ProcessedAt', 'Status'],
  ...['Width', 'Height', 'Format', 'ThumbHash', 'Renditions', 'RenditionsVersionId', 'ThumbnailPath', 'FailureCode', 'FailureDetail'],
  ...['Sequencer', 'VersionId', 'ETag', 'RecipeHash', 'Owner', 'Run', 'LeaseExpiresAt', 'BackfillJob', 'SettledStatus'],
  ...[
    'RenditionsSequencer',
    'Picture',
    'PhotoMetadata',
    'ManifestOf',
    'ReportedVersions',
    'CommittedBy',
    'Announcement',
    'AnnouncementOwner',
    'AnnouncementRun',
  ],
  'AnnouncementExpiresAt',
  EXPIRY_ATTRIBUTE,
  BOOKMARK_ATTRIBUTE,
  // Written by version 0.1.
  'NotifiedSequencer',
];
