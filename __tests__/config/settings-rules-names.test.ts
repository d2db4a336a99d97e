import { describe, expect, test } from '@jest/globals';
import { complaint, settingsWith } from './minimal-settings.ts';

describe('names that are too long for AWS are rejected', () => {
  test.each<[what: string, changes: Record<string, unknown>, message: string]>([
    [
      'a function name that is too long for its reconciler',
      { 'function.name': 'f'.repeat(54), reconcile: { everyHours: 6 } },
      `\`function.name\` is longer than the 64 characters of a function name once \`reconcile\` adds its ending: ${'f'.repeat(54)}-reconciler`,
    ],
    [
      'a function name that is too long for the role of its batch jobs',
      { 'function.name': 'f'.repeat(60), batchJobs: true },
      '`function.name` is longer than the 64 characters of a role name once `batchJobs` adds its ending',
    ],
    [
      'a bucket name that is too long with its placeholders filled in',
      { environmentSuffix: 'a'.repeat(16), 'uploadBucket.name': `${'b'.repeat(30)}-{env}-{env}-{account}` },
      `\`uploadBucket.name\` is longer than the 63 characters of a bucket name: ${'b'.repeat(30)}-${'a'.repeat(16)}-${'a'.repeat(16)}-{account}`,
    ],
    ...[
      { path: 'outputBucket.name', most: 63, of: 'a bucket name', end: '-{account}' },
      { path: 'table.name', most: 255, of: 'a table name', end: '' },
      { path: 'notifications.topicName', most: 256, of: 'a topic name', end: '' },
      { path: 'notifications.alarmTopicName', most: 256, of: 'a topic name', end: '' },
      { path: 'dashboard.name', most: 255, of: 'a dashboard name', end: '' },
    ].map(({ path, most, of, end }): [string, Record<string, unknown>, string] => [
      `${of} in \`${path}\` that gets too long when it is filled in`,
      { environmentSuffix: 'a'.repeat(16), [path]: `${'b'.repeat(10)}${'-{env}'.repeat(15)}${end}` },
      `\`${path}\` is longer than the ${most} characters of ${of}: bbbbbbbbbb-aaaaaaaaaaaaaaaa-`,
    ]),
    [
      'a function name that is too long with its placeholders filled in',
      { preset: `p${'r'.repeat(30)}`, environmentSuffix: 'a'.repeat(16), 'function.name': 'image-processor-1-{stack}' },
      '`function.name` is longer than the 64 characters of a function name',
    ],
  ])('%s', (_what, changes, message) => {
    expect(complaint(settingsWith(changes))).toContain(`  ${message}`);
  });
});
