import { describe, expect, test } from '@jest/globals';
import { PRESET_NAMES, PRESETS } from '../../config/presets.ts';
import { fillIn, parseSettings, SettingsError } from '../../config/settings.ts';

/** Only what has no default. */
const MINIMAL = {
  preset: 'photos',
  imagesPerDay: 1,
  uploadBucket: { name: 'photos-{account}' },
  outputBucket: { name: 'small-photos-{account}' },
  trigger: {},
  recipe: { renditions: [{ name: 'small', prefix: 'small/', width: 100, height: 100 }] },
  function: { name: 'photos-{env}', memoryMb: 512, logRetentionDays: 30 },
  table: { name: 'photos-{env}', partitionKey: 'ImageId' },
  notifications: { topicName: 'photos-{env}', alarmTopicName: 'photo-alarms-{env}', publish: ['failed'], mail: ['failed'] },
  alarms: { errors: { threshold: 5 }, throttles: { threshold: 5 } },
  dashboard: { name: 'photos-{env}', widgets: ['invocations'] },
};

/** The minimal settings with some fields replaced, each given by its path. */
function settingsWith(changes: Record<string, unknown>): unknown {
  const settings: unknown = structuredClone(MINIMAL);
  for (const [path, value] of Object.entries(changes)) replace(settings, path.split('.'), value);
  return settings;
}

function replace(target: unknown, [step = '', ...rest]: string[], value: unknown): void {
  if (typeof target !== 'object' || target === null) throw new Error(`there is nothing to hold ${step}`);
  if (rest.length === 0) Reflect.set(target, step, value);
  else {
    if (Reflect.get(target, step) === undefined) Reflect.set(target, step, {});
    replace(Reflect.get(target, step), rest, value);
  }
}

/** The message about wrong settings; none when they are right. */
function complaint(settings: unknown): string {
  try {
    parseSettings(settings);
    return '';
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
}

const accepts = (path: string, value: unknown): boolean => complaint(settingsWith({ [path]: value })) === '';

describe('defaults', () => {
  test('are what the documentation of each setting says', () => {
    expect(parseSettings(MINIMAL)).toMatchObject({
      environmentSuffix: 'dev',
      region: 'us-east-1',
      architecture: 'arm64',
      runtime: 'nodejs22.x',
      uploadBucket: { lifecycle: { noncurrentExpireAfterDays: 30, abortMultipartAfterDays: 7 }, tags: {} },
      trigger: { prefix: '', suffixes: [] },
      recipe: { renditions: [{ fit: 'inside', format: 'jpeg', quality: 90 }], background: '#ffffff' },
      limits: { maxBytes: 25_000_000, maxPixels: 50_000_000, maxAvifPixels: 16_000_000 },
      function: { timeoutSeconds: 60, reservedConcurrency: -1, leaseSeconds: 90 },
      table: { uploadTimestampIndex: false, tags: {} },
      alarms: {
        errors: { periodSeconds: 300, evaluationPeriods: 1 },
        processingErrors: { threshold: 10, periodSeconds: 300, evaluationPeriods: 1 },
        deadLetterDepth: { threshold: 0, periodSeconds: 300, evaluationPeriods: 1 },
        deadLetterAge: { threshold: 86_400, periodSeconds: 300, evaluationPeriods: 1 },
      },
      deletePropagation: false,
      tags: {},
    });
  });

  test.each([
    ['dev', { deletionProtection: false, forceDestroy: true }],
    ['staging', { deletionProtection: false, forceDestroy: true }],
    ['prod', { deletionProtection: true, forceDestroy: false }],
  ])('for deletion are those of %s', (environmentSuffix, expected) => {
    expect(parseSettings(settingsWith({ environmentSuffix }))).toMatchObject(expected);
  });

  test('for deletion yield to what was set', () => {
    const settings = settingsWith({ environmentSuffix: 'prod', deletionProtection: false, forceDestroy: true });

    expect(parseSettings(settings)).toMatchObject({ deletionProtection: false, forceDestroy: true });
  });

  test('for the lease follow the timeout', () => {
    expect(parseSettings(settingsWith({ 'function.timeoutSeconds': 300 })).function.leaseSeconds).toBe(330);
  });
});

describe('a field takes what is in its range and refuses what is not, naming itself', () => {
  const BUCKET_OF_63 = `${'b'.repeat(51)}{account}`;

  test.each<[path: string, good: unknown[], bad: unknown[]]>([
    ['preset', ['ab', 'a2-b', `a${'b'.repeat(30)}`], ['a', 'A', '2a', 'a_b', '', `a${'b'.repeat(31)}`]],
    ['environmentSuffix', ['a', '1', 'pr-123', 'a'.repeat(16)], ['', 'Dev', '-a', 'a-', 'a_b', 'a'.repeat(17)]],
    ['region', ['us-west-2', 'ap-southeast-4', 'us-gov-east-1'], ['', 'us-west', 'US-WEST-2', 'us-west-2a']],
    ['architecture', ['arm64', 'x86_64'], ['x64', '']],
    ['runtime', ['nodejs20.x', 'nodejs22.x'], ['nodejs18.x', 'python3.11']],
    ['imagesPerDay', [1, 1_000_000_000], [0, 1.5, '10']],
    [
      'uploadBucket.name',
      ['abc', 'my-{env}-{account}', '{stack}-{account}', BUCKET_OF_63],
      ['ab', 'Photos', 'a.b', '-ab', 'ab-', '{user}-x', `b${BUCKET_OF_63}`],
    ],
    ['uploadBucket.nameVariable', ['source_bucket_name', 'thumbnail_bucket_name'], ['bucket']],
    ['uploadBucket.lifecycle.expireAfterDays', [1, 3650], [0, 3651, 1.5]],
    ['uploadBucket.lifecycle.infrequentAccessAfterDays', [30, 3650], [29, 3651]],
    ['uploadBucket.lifecycle.noncurrentExpireAfterDays', [1, 3650], [0, 3651]],
    ['uploadBucket.lifecycle.abortMultipartAfterDays', [1, 3650], [0, 3651]],
    ['uploadBucket.tags', [{ Purpose: '' }], [{ '': 'x' }, { Purpose: 'x'.repeat(257) }, { Purpose: 1 }]],
    ['trigger.prefix', ['', 'uploads/', 'a/b.c/'], ['uploads', '/uploads/', 'a//', 'a b/', 'ü/']],
    [
      'trigger.suffixes',
      [[], ['.jpg'], ['.a', '.b', '.c', '.d', '.e', '.f', '.g', '.h']],
      [['jpg'], ['.JPG'], ['.jp g'], ['.'], ['.verylongx'], ['.a', '.b', '.c', '.d', '.e', '.f', '.g', '.h', '.i']],
    ],
    ['recipe.background', ['#000000', '#Ab12eF'], ['white', '#fff', '#12345g']],
    ['recipe.renditions.0.width', [100, 4096], [99, 4097, 100.5]],
    ['recipe.renditions.0.height', [100, 4096], [99, 4097]],
    ['recipe.renditions.0.quality', [1, 100], [0, 101]],
    ['recipe.renditions.0.format', ['jpeg', 'png', 'webp', 'avif'], ['gif']],
    ['recipe.renditions.0.name', ['a', 'web-1'], ['', 'Web', '1web', 'a'.repeat(33)]],
    ['limits.maxBytes', [1024, 100_000_000], [1023, 100_000_001]],
    ['limits.maxPixels', [16_000_000, 100_000_000], [9_999, 100_000_001]],
    ['limits.maxAvifPixels', [10_000, 50_000_000], [9_999, 50_000_001]],
    ['function.name', ['abc', 'f'.repeat(64)], ['ab', 'a b', 'a.b', 'f'.repeat(65)]],
    ['function.memoryMb', [512, 10_240], [511, 10_241, 512.5]],
    ['function.timeoutSeconds', [10, 900], [9, 901]],
    ['function.reservedConcurrency', [-1, 0, 10_000], [-2, 10_001, 1.5]],
    ['function.logRetentionDays', [1, 7, 30, 3653], [0, 2, 31]],
    ['function.leaseSeconds', [90, 10_000], [0, 89, 90.5]],
    ['table.name', ['abc', 't'.repeat(120)], ['ab', 'a b', 't'.repeat(121)]],
    ['table.partitionKey', ['ImageID', 'a_1'], ['', '1a', 'a-b']],
    ['notifications.topicName', ['abc', 'a_b-C'], ['ab', 'a.fifo']],
    ['notifications.alarmTopicName', ['abc'], ['ab', undefined]],
    ['notifications.publish', [['failed'], ['processed', 'failed'], ['report']], [[], ['all']]],
    ['notifications.mail', [['failed']], [[], ['report']]],
    ['alarms.errors.threshold', [0, 0.5, 1e6], [-1]],
    ['alarms.errors.periodSeconds', [60, 86_400], [0, 59, 90, 86_460]],
    ['alarms.errors.evaluationPeriods', [1, 100], [0, 101, 1.5]],
    ['dashboard.name', ['abc'], ['ab', 'a b']],
    ['dashboard.widgets', [['images', 'duration']], [[], ['weather']]],
    ['tags', [{}, { CostCentre: '42' }], [{ ['x'.repeat(129)]: '' }]],
  ])('%s', (path, good, bad) => {
    expect(good.filter((value) => !accepts(path, value))).toEqual([]);
    for (const value of bad) expect(complaint(settingsWith({ [path]: value }))).toContain(`  \`${path}`);
  });

  test('a rendition takes a prefix that ends with a slash', () => {
    expect(accepts('recipe.renditions.0.prefix', 'a/b/')).toBe(true);
    expect(complaint(settingsWith({ 'recipe.renditions.0.prefix': 'a' }))).toContain(
      '`recipe.renditions.0.prefix` must be empty or path segments',
    );
  });

  test('a field that does not exist is refused, so that a misspelt one is noticed', () => {
    expect(complaint(settingsWith({ 'function.memory': 512 }))).toMatch(/`function` .*"memory"/);
  });
});

const rendition = (name: string, prefix: string) => ({ name, prefix, width: 100, height: 100 });

describe('fields that contradict each other are refused', () => {
  test.each<[what: string, changes: Record<string, unknown>, message: string]>([
    [
      'an output that triggers the function again',
      { outputBucket: null, 'trigger.prefix': 'small/' },
      '`recipe.renditions` has a prefix that overlaps `trigger.prefix` ("small/") in the same bucket',
    ],
    [
      'an output anywhere in a bucket where everything triggers',
      { outputBucket: null },
      '`recipe.renditions` has a prefix that overlaps `trigger.prefix` ("")',
    ],
    [
      'an output above the place where uploads arrive',
      { outputBucket: null, 'trigger.prefix': 'small/uploads/' },
      '`recipe.renditions` has a prefix that overlaps `trigger.prefix` ("small/uploads/")',
    ],
    [
      'two renditions under one prefix',
      { 'recipe.renditions': [rendition('a', 'x/'), rendition('b', 'x/')] },
      '`recipe.renditions` must each have a name and a prefix of its own',
    ],
    [
      'a prefix that begins with another',
      { 'recipe.renditions': [rendition('a', 'x/'), rendition('b', 'x/y/')] },
      '`recipe.renditions` must each have',
    ],
    [
      'two renditions of one name',
      { 'recipe.renditions': [rendition('a', 'x/'), rendition('a', 'y/')] },
      '`recipe.renditions` must each have',
    ],
    [
      'one bucket under two settings',
      { 'outputBucket.name': 'photos-{account}' },
      '`outputBucket` must not have the name of `uploadBucket`',
    ],
    [
      'a bucket for renditions that are not made',
      { 'recipe.renditions': [] },
      '`outputBucket` must be null when `recipe.renditions` is empty',
    ],
    [
      'one variable for both buckets',
      { 'uploadBucket.nameVariable': 'source_bucket_name', 'outputBucket.nameVariable': 'source_bucket_name' },
      '`outputBucket.nameVariable` must not be the variable of `uploadBucket.nameVariable`',
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
      'suffixes of which one ends with the other',
      { 'trigger.suffixes': ['.jpg', '.jpg'] },
      '`trigger.suffixes` must not end with one another',
    ],
    [
      'a lease that ends while the function may still run',
      { 'function.timeoutSeconds': 61, 'function.leaseSeconds': 90 },
      '`function.leaseSeconds` must be at least `function.timeoutSeconds` (61) and 30 seconds, so that a claim outlasts its invocation (received 90)',
    ],
    [
      'more pixels for AVIF than for anything',
      { 'limits.maxPixels': 15_000_000 },
      '`limits.maxAvifPixels` must not be above `limits.maxPixels` (15000000)',
    ],
    [
      'a report beside single messages',
      { 'notifications.publish': ['report', 'failed'] },
      '`notifications.publish` is either ["report"] or a list',
    ],
    [
      'a mail about what is not published',
      { 'notifications.mail': ['processed'] },
      '`notifications.mail` names a status that `notifications.publish` (failed) does not publish',
    ],
    [
      'one topic for images and alarms',
      { 'notifications.alarmTopicName': 'photos-{env}' },
      '`notifications.alarmTopicName` must not be `notifications.topicName`',
    ],
    [
      'a duration alarm that the timeout forestalls',
      { 'alarms.duration': { threshold: 60_000 } },
      '`alarms.duration.threshold` must be below `function.timeoutSeconds` (60000 milliseconds), or the alarm can never go off (received 60000)',
    ],
    [
      'an alarm over more than a day',
      { 'alarms.throttles': { threshold: 1, periodSeconds: 3600, evaluationPeriods: 25 } },
      '`alarms.throttles.evaluationPeriods` times `alarms.throttles.periodSeconds` must not exceed a day (86400 seconds)',
    ],
    [
      'a bucket name that gets too long when it is filled in',
      { environmentSuffix: 'a'.repeat(16), 'uploadBucket.name': `${'b'.repeat(30)}-{env}-{env}-{account}` },
      `\`uploadBucket.name\` is longer than the 63 characters of a bucket name: ${'b'.repeat(30)}-${'a'.repeat(16)}-${'a'.repeat(16)}-{account}`,
    ],
    [
      'a function name that gets too long when it is filled in',
      { preset: `p${'r'.repeat(30)}`, environmentSuffix: 'a'.repeat(16), 'function.name': 'image-processor-1-{stack}' },
      '`function.name` is longer than the 64 characters of a function name',
    ],
  ])('%s', (_what, changes, message) => {
    expect(complaint(settingsWith(changes))).toContain(`  ${message}`);
  });

  test.each<[what: string, changes: Record<string, unknown>]>([
    ['an output in the upload bucket beside the place where uploads arrive', { outputBucket: null, 'trigger.prefix': 'uploads/' }],
    ['an alarm over exactly a day', { 'alarms.throttles': { threshold: 1, periodSeconds: 3600, evaluationPeriods: 24 } }],
    ['a lease of exactly the timeout and the margin', { 'function.timeoutSeconds': 60, 'function.leaseSeconds': 90 }],
    ['a duration alarm just below the timeout', { 'alarms.duration': { threshold: 59_999 } }],
    ['mails of both statuses about reports', { 'notifications.publish': ['report'], 'notifications.mail': ['processed', 'failed'] }],
    ['as many pixels for AVIF as for anything', { 'limits.maxPixels': 16_000_000 }],
  ])('but not %s', (_what, changes) => {
    expect(complaint(settingsWith(changes))).toBe('');
  });
});

describe('the message about wrong settings', () => {
  test('names every wrong field at once, what it got, and where to change it', () => {
    expect(complaint(settingsWith({ region: 'mars', 'function.memoryMb': 1 }))).toBe(
      [
        'These settings cannot be deployed:',
        '  `region` must be an AWS region, such as us-east-1 (received "mars")',
        '  `function.memoryMb` Too small: expected number to be >=512 (received 1)',
        'Change them in config/deployments.ts, config/presets.ts or the environment; config/settings-shape.ts documents each.',
      ].join('\n'),
    );
  });

  test('cuts what was received when it is long', () => {
    expect(complaint(settingsWith({ region: 'x'.repeat(1000) })).length).toBeLessThan(500);
  });

  test.each([undefined, null, 'settings', 42, []])('is an error of settings for %j, too', (input) => {
    expect(complaint(input)).toContain('These settings cannot be deployed');
  });

  test('has a code that programs can rely on', () => {
    expect(() => parseSettings({})).toThrow(expect.objectContaining({ name: 'SettingsError', code: 'INVALID_SETTINGS' }));
  });
});

describe('the presets', () => {
  test.each(PRESET_NAMES.flatMap((preset) => ['dev', 'prod', 'a-sixteen-chars0'].map((suffix) => [preset, suffix] as const)))(
    '%s is right as %s',
    (preset, environmentSuffix) => {
      expect(parseSettings({ ...PRESETS[preset](environmentSuffix), environmentSuffix }).preset).toBe(preset);
    },
  );

  test('share no name, so that all of them fit into one account and region', () => {
    const names = PRESET_NAMES.flatMap((preset) => {
      const settings = parseSettings(PRESETS[preset]('dev'));
      const { uploadBucket, outputBucket, table, notifications, dashboard } = settings;
      const templates = [uploadBucket.name, outputBucket?.name, settings.function.name, table.name, dashboard.name];
      return [...templates, notifications.topicName, notifications.alarmTopicName].flatMap((template, kind) =>
        // Both topics of a deployment compete for the same kind of name, and so do both buckets.
        template === undefined ? [] : [`${[0, 0, 1, 2, 3, 4, 4][kind]} ${fillIn(template, settings, '').toLowerCase()}`],
      );
    });

    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
