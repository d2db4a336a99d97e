import { describe, expect, test } from '@jest/globals';
import { complaint, settingsWith } from './minimal-settings.ts';

const rendition = (name: string, prefix: string) => ({ name, prefix, width: 100, height: 100 });
const keyed = (name: string, key: string) => ({ ...rendition(name, 'x/'), key });

describe('settings just within the rules are accepted', () => {
  test.each<[what: string, changes: Record<string, unknown>]>([
    ['a rendition in the upload bucket outside the upload prefix', { outputBucket: null, 'trigger.prefix': 'uploads/' }],
    ['an alarm that spans exactly a day', { 'alarms.throttles': { threshold: 1, periodSeconds: 3600, evaluationPeriods: 24 } }],
    ['a lease of exactly the timeout plus the margin', { 'function.timeoutSeconds': 60, 'function.leaseSeconds': 90 }],
    ['a duration alarm just below the timeout', { 'alarms.duration': { threshold: 59_999 } }],
    ['mails for both statuses from reports', { 'notifications.publish': ['report'], 'notifications.mail': ['processed', 'failed'] }],
    [
      'a function of 512 MB with lower limits',
      { 'function.memoryMb': 512, 'limits.maxPixels': 30_000_000, 'limits.maxAvifPixels': 10_000_000 },
    ],
    ['as many pixels for AVIF as for anything', { 'limits.maxPixels': 16_000_000 }],
    [
      'a function with exactly the memory that its limits take',
      { 'function.memoryMb': 512, 'limits.maxPixels': 50_000_000, 'limits.maxAvifPixels': 10_000_000, 'limits.maxBytes': 30_656_666 },
    ],
    ['a bucket name of exactly 63 characters when it is filled in', { 'uploadBucket.name': `${'b'.repeat(50)}-{account}` }],
    [
      'a function name that just leaves room for the name of its reconciler',
      { 'function.name': 'f'.repeat(53), reconcile: { everyHours: 6 } },
    ],
    ['renditions with names and prefixes of their own', { 'recipe.renditions': [rendition('a', 'a/'), rendition('b', 'b/')] }],
    [
      'renditions that share a prefix and end differently',
      { 'recipe.renditions': [keyed('a', '{prefix}{key}/{width}.{ext}'), { ...keyed('b', '{prefix}{key}/{width}.{ext}'), width: 200 }] },
    ],
    ['no bucket for renditions that are not made', { outputBucket: null, 'recipe.renditions': [] }],
    ['a variable for one bucket alone', { 'uploadBucket.nameVariable': 'source_bucket_name' }],
    [
      'a variable for the only bucket',
      { outputBucket: null, 'trigger.prefix': 'uploads/', 'uploadBucket.nameVariable': 'source_bucket_name' },
    ],
    [
      'a variable for each bucket',
      { 'uploadBucket.nameVariable': 'source_bucket_name', 'outputBucket.nameVariable': 'thumbnail_bucket_name' },
    ],
    [
      'globs under the prefix',
      { 'trigger.prefix': 'uploads/', 'trigger.include': ['uploads/*'], 'trigger.exclude': ['**/raw/**', 'u*/x'] },
    ],
    [
      'copies of failed originals in the upload bucket, beside the uploads',
      { outputBucket: null, 'trigger.prefix': 'uploads/', 'failedOriginals.quarantinePrefix': 'quarantine/' },
    ],
    ['copies in an output bucket without renditions', { 'recipe.renditions': [], 'failedOriginals.quarantinePrefix': 'quarantine/' }],
    ['suffixes of which one begins with the other', { 'trigger.suffixes': ['.jp', '.jpg'] }],
    ['an alarm about waiting events just before Lambda gives them up', { 'alarms.eventAge': { threshold: 21_599_999 } }],
    ['a key of its own region', { 'encryption.kmsKeyArn': 'arn:aws:kms:us-east-1:123456789012:key/photos' }],
    ['a notification of S3 on a bucket that is made', { 'trigger.source': 's3' }],
    ['a rule of EventBridge on an existing bucket', { uploadBucket: { existing: 'acme-photos' }, 'trigger.source': 'eventbridge' }],
    ['a rule of EventBridge on a bucket that is made', { 'trigger.source': 'eventbridge' }],
  ])('%s', (_what, changes) => {
    expect(complaint(settingsWith(changes))).toBe('');
  });
});
