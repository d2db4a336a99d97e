import { describe, expect, test } from '@jest/globals';
import { parseSettings } from '../../config/settings.ts';
import { complaint, MINIMAL, settingsWith } from './minimal-settings.ts';

const accepts = (path: string, value: unknown): boolean => complaint(settingsWith({ [path]: value })) === '';

describe('defaults', () => {
  test('match the documentation of each setting', () => {
    expect(parseSettings(MINIMAL)).toMatchObject({
      environmentSuffix: 'dev',
      region: 'us-east-1',
      architecture: 'arm64',
      runtime: 'nodejs22.x',
      account: { rolePath: '/', allowedAccountIds: [] },
      uploadBucket: { lifecycle: { noncurrentExpireAfterDays: 30, abortMultipartAfterDays: 7 }, tags: {} },
      trigger: { prefix: '', suffixes: [], include: [], exclude: [] },
      recipe: { renditions: [{ fit: 'inside', format: 'jpeg', quality: 90 }], background: '#ffffff' },
      limits: { maxBytes: 25_000_000, maxPixels: 50_000_000, maxAvifPixels: 16_000_000, maxHeicPixels: 25_000_000 },
      function: { timeoutSeconds: 60, reservedConcurrency: -1, leaseSeconds: 90 },
      table: { uploadTimestampIndex: false, tags: {} },
      alarms: {
        errors: { periodSeconds: 300, evaluationPeriods: 1 },
        processingErrors: { threshold: 10, periodSeconds: 300, evaluationPeriods: 1 },
        deadLetterDepth: { threshold: 0, periodSeconds: 300, evaluationPeriods: 1 },
        deadLetterAge: { threshold: 86_400, periodSeconds: 300, evaluationPeriods: 1 },
        eventAge: { threshold: 3_600_000, periodSeconds: 300, evaluationPeriods: 1 },
        droppedEvents: { threshold: 0, periodSeconds: 300, evaluationPeriods: 1 },
        destinationFailures: { threshold: 0, periodSeconds: 300, evaluationPeriods: 1 },
      },
      deletePropagation: false,
      failedOriginals: { tag: false },
      tags: {},
    });
  });

  test.each([
    ...['dev', 'test', 'ci', 'pr-1', 'pr-12345', 'preview-login'].map((suffix) => [suffix, 'disposable'] as const),
    ...['prod', 'production', 'prd', 'live', 'staging', 'e2e'].map((suffix) => [suffix, 'protected'] as const),
    ...['dev2', 'tests', 'ci-1', 'pr', 'pr1', 'preview', 'prod-pr-1', 'a-dev'].map((suffix) => [suffix, 'protected'] as const),
  ])('for deletion: %s is %s', (environmentSuffix, kind) => {
    const disposable = kind === 'disposable';

    expect(parseSettings(settingsWith({ environmentSuffix }))).toMatchObject({
      deletionProtection: !disposable,
      forceDestroy: disposable,
    });
  });

  test('for deletion yield to explicit settings', () => {
    const settings = settingsWith({ environmentSuffix: 'prod', deletionProtection: false, forceDestroy: true });

    expect(parseSettings(settings)).toMatchObject({ deletionProtection: false, forceDestroy: true });
  });

  test('for the lease depend on the timeout', () => {
    expect(parseSettings(settingsWith({ 'function.timeoutSeconds': 300 })).function.leaseSeconds).toBe(330);
  });
});

describe('HEIC', () => {
  const suffixesWith = (changes: Record<string, unknown>) => parseSettings(settingsWith(changes)).trigger.suffixes;

  test('is off by default and adds nothing to the trigger', () => {
    expect(parseSettings(MINIMAL)).toMatchObject({ heic: false, trigger: { suffixes: [] } });
    expect(suffixesWith({ 'trigger.suffixes': ['.jpg'] })).toEqual(['.jpg']);
  });

  test('adds its endings to those of the trigger, once', () => {
    expect(suffixesWith({ heic: true, 'trigger.suffixes': ['.jpg'] })).toEqual(['.jpg', '.heic', '.heif']);
    expect(suffixesWith({ heic: true, 'trigger.suffixes': ['.heif', '.jpg'] })).toEqual(['.heif', '.jpg', '.heic']);
    const once = parseSettings(settingsWith({ heic: true, 'trigger.suffixes': ['.jpg'] }));
    expect(parseSettings(once)).toEqual(once);
  });

  test('adds no endings where every key triggers the function', () => {
    expect(suffixesWith({ heic: true })).toEqual([]);
  });
});

describe('a field accepts values in its range and rejects others by name', () => {
  const BUCKET_OF_63 = `${'b'.repeat(51)}{account}`;

  test.each<[path: string, good: unknown[], bad: unknown[]]>([
    ['preset', ['ab', 'a2-b', `a${'b'.repeat(30)}`], ['a', 'A', '2a', 'a_b', '', `a${'b'.repeat(31)}`]],
    ['environmentSuffix', ['a', '1', 'pr-123', 'a'.repeat(16)], ['', 'Dev', '-a', 'a-', 'a_b', 'a'.repeat(17)]],
    ['region', ['us-west-2', 'ap-southeast-4', 'us-gov-east-1'], ['', 'us-west', 'US-WEST-2', 'us-west-2a']],
    [
      'account.permissionsBoundaryArn',
      [
        'arn:aws:iam::123456789012:policy/team/boundary',
        'arn:aws-us-gov:iam::{account}:policy/b',
        'arn:aws:iam::aws:policy/PowerUserAccess',
      ],
      ['boundary', 'arn:aws:iam::123:policy/b', 'arn:aws:iam::123456789012:role/b', ''],
    ],
    ['account.rolePath', ['/', '/service/', '/a/b/'], ['', 'service', '/service', 'service/', '//', `/${'a'.repeat(511)}/`]],
    ['account.allowedAccountIds', [[], ['123456789012', '000000000000']], [['123'], [123_456_789_012], '123456789012']],
    [
      'account.deploymentRoleArn',
      ['arn:aws:iam::123456789012:role/deploy', 'arn:aws-cn:iam::123456789012:role/ci/deploy'],
      ['deploy', 'arn:aws:iam::{account}:role/deploy', 'arn:aws:iam::123456789012:user/deploy'],
    ],
    [
      'encryption.kmsKeyArn',
      [
        'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
        'arn:aws:kms:us-east-1:123456789012:key/mrk-1234abcd',
      ],
      ['alias/photos', 'arn:aws:kms:us-east-1:123456789012:alias/photos', 'arn:aws:kms:eu-west-1:123456789012:key/other-region'],
    ],
    ['architecture', ['arm64', 'x86_64'], ['x64', '']],
    ['runtime', ['nodejs22.x', 'nodejs24.x'], ['nodejs20.x', 'python3.11']],
    ['imagesPerDay', [1, 1_000_000_000], [0, 1.5, '10']],
    [
      'uploadBucket.name',
      ['abc', 'my-{env}-{account}', '{stack}-{account}', 'my-{env}-{region}', BUCKET_OF_63],
      ['ab', 'Photos', 'a.b', '-ab', 'ab-', '{user}-x', `b${BUCKET_OF_63}`],
    ],
    ['trigger.source', ['s3', 'eventbridge'], ['sns', '']],
    ['uploadBucket.nameVariable', ['source_bucket_name', 'thumbnail_bucket_name'], ['bucket']],
    ['uploadBucket.lifecycle.expireAfterDays', [1, 3650], [0, 3651, 1.5]],
    ['uploadBucket.lifecycle.infrequentAccessAfterDays', [30, 3650], [29, 3651]],
    ['uploadBucket.lifecycle.noncurrentExpireAfterDays', [1, 3650], [0, 3651]],
    ['uploadBucket.lifecycle.abortMultipartAfterDays', [1, 3650], [0, 3651]],
    ['uploadBucket.tags', [{ Purpose: '' }], [{ '': 'x' }, { Purpose: 'x'.repeat(257) }, { Purpose: 1 }]],
    ['trigger.prefix', ['', 'uploads/', 'a/b.c/'], ['uploads', '/uploads/', 'a//', 'a b/', 'ü/', '*/']],
    [
      'trigger.suffixes',
      [[], ['.jpg'], ['.a', '.b', '.c', '.d', '.e', '.f', '.g', '.h', '.i', '.j']],
      [['jpg'], ['.JPG'], ['.jp g'], ['.'], ['.verylongx'], ['.a', '.b', '.c', '.d', '.e', '.f', '.g', '.h', '.i', '.j', '.k']],
    ],
    ...['trigger.include', 'trigger.exclude'].map((path): [string, unknown[], unknown[]] => [
      path,
      [[], ['*.jpg'], ['**/raw/**'], ['a b/ü?'], ['\\[a\\]\\{b\\}\\!\\*'], ['/a'], ['a!'], Array(20).fill('a'), ['a'.repeat(200)]],
      [[''], ['!a'], ['[ab]*'], ['*.{jpg,png}'], ['a\\'], ['a}'], ['a]'], [1], 'a', Array(21).fill('a'), ['a'.repeat(201)]],
    ]),
    ['failedOriginals.tag', [true, false], ['yes']],
    ['failedOriginals.quarantinePrefix', ['quarantine/', 'a/b/'], ['', '/', 'quarantine', '/a/', 'a b/']],
    ['recipe.background', ['#000000', '#Ab12eF'], ['white', '#fff', '#12345g']],
    ['recipe.renditions.0.width', [100, 4096], [99, 4097, 100.5]],
    ['recipe.renditions.0.height', [100, 4096], [99, 4097]],
    ['recipe.renditions.0.quality', [1, 100], [0, 101]],
    ['recipe.renditions.0.format', ['jpeg', 'png', 'webp', 'avif'], ['gif']],
    ['recipe.renditions.0.name', ['a', 'web-1'], ['', 'Web', '1web', 'a'.repeat(33)]],
    ['limits.maxBytes', [1024, 100_000_000], [1023, 100_000_001]],
    ['limits.maxPixels', [16_000_000, 100_000_000], [9_999, 100_000_001]],
    ['limits.maxAvifPixels', [10_000, 50_000_000], [9_999, 50_000_001]],
    ['limits.maxHeicPixels', [10_000, 100_000_000], [9_999, 100_000_001]],
    ['function.name', ['abc', 'f'.repeat(64)], ['ab', 'a b', 'a.b', 'f'.repeat(65)]],
    ['function.memoryMb', [1024, 10_240], [511, 10_241, 512.5]],
    ['function.timeoutSeconds', [10, 900], [9, 901]],
    ['function.reservedConcurrency', [-1, 0, 10_000], [-2, 10_001, 1.5]],
    ['function.logRetentionDays', [1, 7, 30, 3653], [0, 2, 31]],
    ['function.leaseSeconds', [90, 10_000], [0, 89, 90.5]],
    ['table.name', ['abc', 't'.repeat(120)], ['ab', 'a b', 't'.repeat(121)]],
    ['table.partitionKey', ['ImageID', 'a_1'], ['', '1a', 'a-b', 'ObjectKey', 'Status']],
    ['notifications.topicName', ['abc', 'a_b-C'], ['ab', 'a.fifo']],
    ['notifications.alarmTopicName', ['abc'], ['ab', undefined]],
    ['notifications.publish', [['failed'], ['processed', 'failed'], ['report']], [[], ['all']]],
    ['notifications.mail', [['failed']], [[], ['report']]],
    ['alarms.errors.threshold', [0, 0.5, 1e6], [-1]],
    ['alarms.errors.periodSeconds', [60, 86_400], [0, 59, 90, 86_460]],
    ['alarms.errors.evaluationPeriods', [1, 100], [0, 101, 1.5]],
    ['dashboard.name', ['abc'], ['ab', 'a b']],
    ['dashboard.widgets', [['images', 'duration']], [[], ['weather']]],
    ['tags', [{}, { CostCentre: '42' }], [{ ['x'.repeat(129)]: '' }, { 'aws:mine': '' }]],
  ])('%s', (path, good, bad) => {
    expect(good.filter((value) => !accepts(path, value))).toEqual([]);
    for (const value of bad) expect(complaint(settingsWith({ [path]: value }))).toContain(`  \`${path}`);
  });

  test('a rendition requires a prefix that ends with a slash', () => {
    expect(accepts('recipe.renditions.0.prefix', 'a/b/')).toBe(true);
    expect(complaint(settingsWith({ 'recipe.renditions.0.prefix': 'a' }))).toContain(
      '`recipe.renditions.0.prefix` must be empty or path segments',
    );
  });

  test('unknown fields are rejected, so that misspellings are noticed', () => {
    expect(complaint(settingsWith({ 'function.memory': 512 }))).toMatch(/`function` .*"memory"/);
  });
});

describe('the message about invalid settings', () => {
  test('names every invalid field, its value and where to change it', () => {
    expect(complaint(settingsWith({ region: 'mars', imagesPerDay: 0 }))).toBe(
      [
        'These settings cannot be deployed:',
        '  `region` must be an AWS region, such as us-east-1 (received "mars")',
        '  `imagesPerDay` Too small: expected number to be >=1 (received 0)',
        'Change them in config/deployments.ts, config/presets.ts or the environment; docs/settings.md documents each.',
      ].join('\n'),
    );
  });

  test('truncates long values', () => {
    expect(complaint(settingsWith({ region: 'x'.repeat(1000) })).length).toBeLessThan(500);
  });

  test.each([undefined, null, 'settings', 42, []])('also covers the input %j', (input) => {
    expect(complaint(input)).toContain('These settings cannot be deployed');
  });

  test('comes with a stable error code', () => {
    expect(() => parseSettings({})).toThrow(expect.objectContaining({ name: 'SettingsError', code: 'INVALID_SETTINGS' }));
  });
});
