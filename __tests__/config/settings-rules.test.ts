import { describe, expect, test } from '@jest/globals';
import { complaint, settingsWith } from './minimal-settings.ts';

const rendition = (name: string, prefix: string) => ({ name, prefix, width: 100, height: 100 });
const keyed = (name: string, key: string) => ({ ...rendition(name, 'x/'), key });

describe('settings that contradict each other are rejected', () => {
  test.each<[what: string, changes: Record<string, unknown>, message: string]>([
    [
      'a rendition that triggers the function again',
      { outputBucket: null, 'trigger.prefix': 'small/' },
      '`recipe.renditions` has a prefix that overlaps `trigger.prefix` ("small/") in the same bucket',
    ],
    [
      'a rendition in a bucket where every key triggers the function',
      { outputBucket: null },
      '`recipe.renditions` has a prefix that overlaps `trigger.prefix` ("")',
    ],
    [
      'a rendition prefix that contains the upload prefix',
      { outputBucket: null, 'trigger.prefix': 'small/uploads/' },
      '`recipe.renditions` has a prefix that overlaps `trigger.prefix` ("small/uploads/")',
    ],
    [
      'an output below the place where uploads arrive',
      { outputBucket: null, 'trigger.prefix': 'uploads/', 'recipe.renditions': [rendition('small', 'uploads/small/')] },
      '`recipe.renditions` has a prefix that overlaps `trigger.prefix` ("uploads/")',
    ],
    [
      'one of several outputs that triggers the function again',
      { outputBucket: null, 'trigger.prefix': 'uploads/', 'recipe.renditions': [rendition('a', 'a/'), rendition('b', 'uploads/')] },
      '`recipe.renditions` has a prefix that overlaps `trigger.prefix` ("uploads/")',
    ],
    [
      'two renditions under one prefix',
      { 'recipe.renditions': [rendition('a', 'x/'), rendition('b', 'x/')] },
      '`recipe.renditions` must each have a unique name and keys of their own, but "a" and "b" do not: give them prefixes of which none begins with another',
    ],
    [
      'a prefix that begins with another',
      { 'recipe.renditions': [rendition('a', 'x/'), rendition('b', 'x/y/')] },
      '`recipe.renditions` must each have',
    ],
    [
      'two renditions with the same name',
      { 'recipe.renditions': [rendition('a', 'x/'), rendition('a', 'y/')] },
      '`recipe.renditions` must each have',
    ],
    [
      'key templates that end alike under one prefix',
      { 'recipe.renditions': [keyed('a', '{prefix}{key}.{ext}'), keyed('b', '{prefix}x/{key}.{ext}')] },
      '`recipe.renditions` must each have a unique name and keys of their own, but "a" and "b" do not',
    ],
    [
      'a key template with which two originals collide',
      { 'recipe.renditions': [keyed('a', '{prefix}{dir}/{name}-{width}.{ext}')] },
      '`recipe.renditions` has a rendition "a" whose `key` gives two originals, such as a.jpg and a.JPG, the same rendition; add {key} or {hash}',
    ],
    [
      'a manifest of nothing',
      { outputBucket: null, 'recipe.renditions': [], 'recipe.manifest': true },
      '`recipe.manifest` must be false or omitted',
    ],
    [
      'a prefix of manifests that are off',
      { 'recipe.manifestPrefix': 'm/' },
      '`recipe.manifestPrefix` must be omitted unless `recipe.manifest` is true',
    ],
    [
      'manifests that trigger the function again',
      { outputBucket: null, 'trigger.prefix': 'manifests/', 'recipe.renditions': [rendition('a', 'a/')], 'recipe.manifest': true },
      '`recipe.manifest` would store manifests under "manifests/", which overlaps `trigger.prefix` ("manifests/") in the same bucket',
    ],
    [
      'a manifest under the key of a rendition',
      { 'recipe.renditions': [rendition('a', 'pictures/')], 'recipe.manifest': true, 'recipe.manifestPrefix': 'pictures/json/' },
      '`recipe.manifest` could store a manifest under the key of a rendition "a"; set a `recipe.manifestPrefix` ("pictures/json/")',
    ],
    [
      'a position without a crop',
      { 'recipe.renditions': [{ ...rendition('a', 'a/'), position: 'attention' }] },
      '`recipe.renditions` has a rendition "a" with a `position`, which only the `fit` "cover" uses',
    ],
    [
      'a transparent JPEG',
      { 'recipe.renditions': [{ ...rendition('a', 'a/'), background: 'transparent' }] },
      '`recipe.renditions` has a rendition "a" with a transparent `background`, which the `format` "jpeg" does not have',
    ],
    [
      'an animated JPEG',
      { 'recipe.renditions': [{ ...rendition('a', 'a/'), animated: true }] },
      '`recipe.renditions` has a rendition "a" that is `animated`, which the `format` "jpeg" cannot be; use "webp" or "same"',
    ],
    [
      'a watermark that is not given',
      { 'recipe.renditions': [{ ...rendition('a', 'a/'), watermark: true }] },
      '`recipe.renditions` has a rendition "a" with a `watermark`, but `recipe.watermark` does not say which',
    ],
    ['a watermark that is on no rendition', { 'recipe.watermark': { file: 'logo.png' } }, '`recipe.watermark` is on no rendition'],
    [
      'a digest of the watermark by hand',
      { 'recipe.watermark': { file: 'logo.png', digest: 'a'.repeat(32) } },
      '`recipe.watermark.digest` must be omitted, because synthesis computes it from the file',
    ],
    [
      'the same bucket for uploads and renditions',
      { 'outputBucket.name': 'photos-{account}' },
      '`outputBucket` must not have the same name as `uploadBucket`',
    ],
    ['an output bucket without renditions', { 'recipe.renditions': [] }, '`outputBucket` must be null when `recipe.renditions` is empty'],
    [
      'the same variable for both buckets',
      { 'uploadBucket.nameVariable': 'source_bucket_name', 'outputBucket.nameVariable': 'source_bucket_name' },
      '`outputBucket.nameVariable` must not equal `uploadBucket.nameVariable`',
    ],
    [
      'a move to cheaper storage on the day of expiry',
      { 'uploadBucket.lifecycle': { expireAfterDays: 30, infrequentAccessAfterDays: 30 } },
      '`uploadBucket.lifecycle.infrequentAccessAfterDays` must be below `uploadBucket.lifecycle.expireAfterDays`',
    ],
    [
      'the same in the output bucket',
      { 'outputBucket.lifecycle': { expireAfterDays: 31, infrequentAccessAfterDays: 40 } },
      '`outputBucket.lifecycle.infrequentAccessAfterDays` must be below',
    ],
    [
      'globs that match no key under the prefix',
      { 'trigger.prefix': 'uploads/', 'trigger.include': ['*.jpg', '**/*.jpg', 'raw/**'] },
      '`trigger.include` has globs that match no key under `trigger.prefix` ("uploads/"): *.jpg, raw/**; globs match whole keys, so begin them with the prefix or with "**/"',
    ],
    [
      'the same of excluded keys',
      { 'trigger.prefix': 'uploads/', 'trigger.exclude': ['raw/**'] },
      '`trigger.exclude` has globs that match no key',
    ],
    ['a glob that excludes every key', { 'trigger.exclude': ['**'] }, '`trigger.exclude` must not have "**"'],
    [
      'copies of failed originals that trigger the function again',
      { outputBucket: null, 'trigger.prefix': 'uploads/', 'failedOriginals.quarantinePrefix': 'uploads/failed/' },
      '`failedOriginals.quarantinePrefix` overlaps `trigger.prefix` ("uploads/") in the same bucket',
    ],
    [
      'copies that could replace a rendition',
      { 'failedOriginals.quarantinePrefix': 'small/failed/' },
      '`failedOriginals.quarantinePrefix` overlaps the prefix of one of `recipe.renditions`',
    ],
    ['suffixes that overlap', { 'trigger.suffixes': ['.jpg', '.jpg'] }, '`trigger.suffixes` must not end with one another'],
    [
      'an S3 notification on an existing bucket',
      { uploadBucket: { existing: 'acme-photos' }, 'trigger.source': 's3' },
      '`trigger.source` must be "eventbridge" for an existing `uploadBucket`',
    ],
    ['a bucket without a name', { uploadBucket: {} }, '`uploadBucket.name` is missing'],
    ...(
      [
        ['name', 'photos'],
        ['nameVariable', 'source_bucket_name'],
        ['tags', { Purpose: 'photos' }],
        ['lifecycle', { expireAfterDays: 30 }],
      ] as const
    ).map(([field, value]): [string, Record<string, unknown>, string] => [
      `an existing bucket with a changed ${field}`,
      { uploadBucket: { existing: 'acme-photos', [field]: value } },
      `\`uploadBucket.${field}\` must be omitted, because an \`existing\` bucket is used without changing it`,
    ]),
    [
      'the same existing bucket for uploads and renditions',
      { uploadBucket: { existing: 'acme-photos' }, outputBucket: { existing: 'acme-photos' } },
      '`outputBucket` must not have the same name as `uploadBucket`',
    ],
    [
      'a key for a bucket to create',
      { 'outputBucket.kmsKeyArn': 'arn:aws:kms:us-east-1:123456789012:key/photos' },
      '`outputBucket.kmsKeyArn` is only for an `existing` bucket',
    ],
    [
      'a key of another region',
      { 'encryption.kmsKeyArn': 'arn:aws:kms:eu-west-1:123456789012:key/photos' },
      '`encryption.kmsKeyArn` is not in `region` (us-east-1)',
    ],
    ...['uploadBucket', 'outputBucket'].map((bucket): [string, Record<string, unknown>, string] => [
      `a key of another region for ${bucket}`,
      { [bucket]: { existing: 'acme-photos', kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/photos' } },
      `\`${bucket}.kmsKeyArn\` is not in \`region\` (us-east-1), and services can only use keys of their own region`,
    ]),
    [
      "more than fits into a function's environment variables",
      {
        'recipe.renditions': Array.from({ length: 10 }, (_, i) => rendition(`size-${i}`, `${'x'.repeat(198)}${i}/`)),
        'trigger.prefix': 'uploads/'.repeat(125),
      },
      '`function` would have 4428 bytes of environment variables, and Lambda allows 4096: shorten the longest, RENDITIONS (3021, from `recipe.renditions`) and TRIGGER_PREFIX (1014, from `trigger.prefix`)',
    ],
    [
      'a name that is too long with its region',
      { 'function.name': `${'f'.repeat(55)}-{region}` },
      '`function.name` is longer than the 64 characters of a function name',
    ],
    [
      'a lease that can end while the function is still running',
      { 'function.timeoutSeconds': 61, 'function.leaseSeconds': 90 },
      '`function.leaseSeconds` must be at least `function.timeoutSeconds` (61) plus 30 seconds, so that a claim outlasts its invocation (received 90)',
    ],
    [
      'too little memory for the largest accepted images',
      { 'function.memoryMb': 512 },
      '`function.memoryMb` is too small for `limits` (50000000 pixels, 16000000 of an AVIF) and `recipe.renditions`: with 1 in flight, such images take up to 612 MB; ' +
        'raise the memory or lower the limits (received 512)',
    ],
    [
      'too little memory for all images in flight',
      { 'function.memoryMb': 3538, 'limits.maxPixels': 100_000_000, 'limits.maxAvifPixels': 50_000_000 },
      '`function.memoryMb` is too small for `limits` (100000000 pixels, 50000000 of an AVIF) and `recipe.renditions`: with 3 in flight',
    ],
    [
      'too little memory to encode large AVIFs',
      {
        'function.memoryMb': 1024,
        'recipe.renditions': [1, 2, 3].map((n) => ({ ...rendition(`a${n}`, `a${n}/`), width: 4096, height: 4096, format: 'avif' })),
      },
      '`function.memoryMb` is too small for `limits`',
    ],
    [
      'a higher pixel limit for AVIF than for other formats',
      { 'limits.maxPixels': 15_000_000 },
      '`limits.maxAvifPixels` must not be above `limits.maxPixels` (15000000)',
    ],
    [
      'too little memory to decode HEIC',
      { heic: true, 'function.memoryMb': 512, 'limits.maxPixels': 30_000_000, 'limits.maxAvifPixels': 10_000_000 },
      '`function.memoryMb` is too small for `limits` (30000000 pixels, 10000000 of an AVIF, 25000000 of a HEIC) and `recipe.renditions`: with 1 in flight, such images take up to 740 MB; ',
    ],
    [
      'a higher pixel limit for HEIC than for other formats',
      { heic: true, 'limits.maxPixels': 20_000_000 },
      '`limits.maxHeicPixels` must not be above `limits.maxPixels` (20000000)',
    ],
    [
      'a report together with messages per image',
      { 'notifications.publish': ['report', 'failed'] },
      '`notifications.publish` must be either ["report"] or a list',
    ],
    [
      'mails for a status that is not published',
      { 'notifications.mail': ['processed'] },
      '`notifications.mail` names a status that `notifications.publish` (failed) does not publish',
    ],
    [
      'a mail of which one status is not published',
      { 'notifications.mail': ['failed', 'processed'] },
      '`notifications.mail` names a status that `notifications.publish` (failed) does not publish',
    ],
    [
      'one topic for images and alarms',
      { 'notifications.alarmTopicName': 'photos-{env}' },
      '`notifications.alarmTopicName` must not equal `notifications.topicName`',
    ],
    [
      'a duration alarm above the timeout',
      { 'alarms.duration': { threshold: 60_000 } },
      '`alarms.duration.threshold` must be below `function.timeoutSeconds` (60000 milliseconds), or the alarm can never go off (received 60000)',
    ],
    [
      'an alarm about waiting events that Lambda forestalls',
      { 'alarms.eventAge': { threshold: 21_600_000 } },
      '`alarms.eventAge.threshold` must be below the 21600000 milliseconds after which Lambda gives up on an event, or the alarm can never go off',
    ],
    [
      'an alarm over more than a day',
      { 'alarms.throttles': { threshold: 1, periodSeconds: 3600, evaluationPeriods: 25 } },
      '`alarms.throttles.evaluationPeriods` times `alarms.throttles.periodSeconds` must not exceed a day (86400 seconds)',
    ],
  ])('%s', (_what, changes, message) => {
    expect(complaint(settingsWith(changes))).toContain(`  ${message}`);
  });
});
