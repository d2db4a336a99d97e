import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { deploymentOf } from '../../config/deployments.ts';
import { PRESET_NAMES, type PresetName } from '../../config/presets.ts';
import { responsiveSet } from '../../config/responsive-set.ts';
import { recipeSchema } from '../../lambda-src/contract/recipe.ts';
import { synthesize } from './synthesized.ts';
import { holds } from './terraform-condition.ts';

const variableSchema = z.object({
  type: z.string(),
  description: z.string().min(20),
  default: z.unknown().optional(),
  nullable: z.boolean().optional(),
  validation: z.array(z.object({ condition: z.string(), error_message: z.string() })).length(1),
});

function variablesOf(preset: PresetName): Map<string, z.infer<typeof variableSchema>> {
  const { variable } = synthesize(deploymentOf(preset, 'dev', 'arm64')).document;
  return new Map(Object.entries(variable).map(([name, attributes]) => [name, variableSchema.parse(attributes)]));
}

const variables = new Map(PRESET_NAMES.map((preset) => [preset, variablesOf(preset)]));

function accepts(preset: PresetName, name: string, value: unknown): boolean {
  return holds(variables.get(preset)?.get(name)?.validation[0]?.condition, name, value);
}

const EVERYWHERE = [
  ...['alarm_email', 'alarm_endpoints', 'log_level', 'notification_email'],
  ...['notification_endpoints', 'notification_statuses', 'reserved_concurrency'],
];
const BOX = ['image_max_height', 'image_max_width'];

describe('the variables', () => {
  test.each([
    ['photo-sharing', [...EVERYWHERE, ...BOX]],
    ['media-thumbnails', [...EVERYWHERE, ...BOX, 'source_bucket_name', 'thumbnail_bucket_name']],
    ['upload-processing', [...EVERYWHERE, ...BOX]],
    ['image-metadata', EVERYWHERE],
  ] as const)('of %s are %j', (preset, names) => {
    expect([...(variables.get(preset)?.keys() ?? [])].sort()).toEqual([...names].sort());
  });

  test('do not include the box of the first rendition if its key contains the box, or a plan could rename every rendition', () => {
    const photoSharing = deploymentOf('photo-sharing', 'dev', 'arm64');
    const renditions = recipeSchema.parse({ renditions: responsiveSet({ name: 'photo', widths: [320, 640] }) }).renditions;
    const { variable } = synthesize({ ...photoSharing, recipe: { ...photoSharing.recipe, renditions } }).document;

    expect(Object.keys(variable).sort()).toEqual(EVERYWHERE);
  });

  test.each(PRESET_NAMES)('of %s have defaults, except for notification_email', (preset) => {
    const required = [...(variables.get(preset) ?? [])].filter(([, variable]) => variable.default === undefined).map(([name]) => name);

    expect(required).toEqual(['notification_email']);
  });

  test.each(PRESET_NAMES)('of %s have valid defaults', (preset) => {
    const refused = [...(variables.get(preset) ?? [])].filter(
      ([name, variable]) => variable.default !== undefined && !accepts(preset, name, variable.default),
    );

    expect(refused).toEqual([]);
  });

  test.each(PRESET_NAMES)('of %s have messages that begin with the name of the variable', (preset) => {
    for (const [name, { validation }] of variables.get(preset) ?? []) {
      expect(validation[0]?.error_message).toMatch(new RegExp(`^${name}( and [a-z_]+)? must .+\\.$`));
    }
  });
});

describe('a variable accepts valid values only', () => {
  const GOOD_ADDRESS = ['ops@example.com', 'first.last+tag@mail.example.co.uk', 'a_b%c-d@x-y.io'];
  const BAD_ADDRESS = [
    '',
    'ops',
    'ops@example',
    '@example.com',
    'ops@',
    'a b@example.com',
    'ops@example.com ',
    'a@b@example.com',
    'ops@example.c',
  ];
  const BUCKET_OF_63 = 'b'.repeat(63);

  test.each([
    ['photo-sharing', 'notification_email', GOOD_ADDRESS, BAD_ADDRESS],
    ['photo-sharing', 'alarm_email', [null, ...GOOD_ADDRESS], BAD_ADDRESS],
    ['photo-sharing', 'image_max_width', [100, 101, 4095, 4096], [99, 4097, 0, -1, 500.5]],
    ['photo-sharing', 'image_max_height', [100, 101, 4095, 4096], [99, 4097, 0, -1, 500.5]],
    [
      'photo-sharing',
      'notification_endpoints',
      [
        [],
        ['https://example.com/hook?a=b'],
        [
          'arn:aws:sqs:us-west-2:123456789012:photos',
          'arn:aws-cn:lambda:cn-north-1:123456789012:function:photos:live',
          'https://example.com',
        ],
      ],
      [['http://example.com'], ['ops@example.com'], ['arn:aws:sns:us-west-2:123456789012:topic'], ['https://example.com', 'queue'], ['']],
    ],
    ['photo-sharing', 'alarm_endpoints', [[], ['https://events.pagerduty.com/integration/x']], [['pagerduty']]],
    ['photo-sharing', 'reserved_concurrency', [-1, 0, 1, 1000], [-2, 1.5]],
    ['photo-sharing', 'notification_statuses', [['failed']], [[], ['processed'], ['failed', 'gone']]],
    ['upload-processing', 'notification_statuses', [['failed'], ['processed'], ['processed', 'failed']], [[], ['report']]],
    ['image-metadata', 'notification_statuses', [['failed'], ['processed'], ['processed', 'failed']], [[], ['report']]],
    [
      'media-thumbnails',
      'source_bucket_name',
      [null, 'abc', 'my-source-1', BUCKET_OF_63],
      ['ab', `${BUCKET_OF_63}b`, 'Upper', 'dot.ted', '-ab', 'ab-', 'a_b', ''],
    ],
    ['media-thumbnails', 'thumbnail_bucket_name', [null, 'abc', BUCKET_OF_63], ['ab', `${BUCKET_OF_63}b`, 'Upper', 'a b']],
  ] as const)('in %s: %s', (preset, name, good, bad) => {
    expect(good.filter((value) => !accepts(preset, name, value))).toEqual([]);
    expect(bad.filter((value) => accepts(preset, name, value))).toEqual([]);
  });

  test('and null only where it has a meaning', () => {
    const nullable = [...(variables.get('media-thumbnails') ?? [])]
      .filter(([, variable]) => variable.nullable !== false)
      .map(([name]) => name);

    expect(nullable.sort()).toEqual(['alarm_email', 'source_bucket_name', 'thumbnail_bucket_name']);
  });
});

describe('variables are used in', () => {
  const stack = synthesize(deploymentOf('media-thumbnails', 'dev', 'arm64'));

  test('the mail subscription, with a filter on the status', () => {
    expect(stack.one('aws_sns_topic_subscription.notifications_mail')).toMatchObject({
      protocol: 'email',
      endpoint: '${var.notification_email}',
      topic_arn: '${aws_sns_topic.notifications.arn}',
      filter_policy: '${jsonencode({"status" = var.notification_statuses})}',
    });
  });

  test('the subscription to alarms, unfiltered, with the address for notifications as its default', () => {
    const subscription = stack.one('aws_sns_topic_subscription.alarm_notifications_mail');

    expect(subscription).toMatchObject({
      protocol: 'email',
      endpoint: '${coalesce(var.alarm_email, var.notification_email)}',
      topic_arn: '${aws_sns_topic.alarm_notifications.arn}',
    });
    expect(subscription).not.toHaveProperty('filter_policy');
  });

  test.each(['notifications', 'alarm_notifications'])(
    'the further subscriptions to %s, each with the protocol of its endpoint',
    (topic) => {
      expect(stack.one(`aws_sns_topic_subscription.${topic}_endpoint`)).toEqual({
        for_each: `\${var.${topic === 'notifications' ? 'notification' : 'alarm'}_endpoints}`,
        topic_arn: `\${aws_sns_topic.${topic}.arn}`,
        protocol: '${startswith(each.value, "https://") ? "https" : split(":", each.value)[2]}',
        endpoint: '${each.value}',
      });
    },
  );

  test('the output bucket, which is not created if both names are the same', () => {
    const [precondition] = z
      .object({ precondition: z.array(z.object({ condition: z.string(), error_message: z.string() })) })
      .parse(stack.one('aws_s3_bucket.renditions').lifecycle).precondition;

    expect(precondition?.condition).toMatch(/coalesce\(var\.thumbnail_bucket_name, .*\) != coalesce\(var\.source_bucket_name, .*\)/);
    expect(precondition?.error_message).toBe(
      'Uploads and renditions need different buckets: give source_bucket_name or thumbnail_bucket_name another name.',
    );
  });
});

describe('the evaluation of conditions', () => {
  test('throws on unknown functions instead of guessing', () => {
    expect(() => holds('${lower(var.name) == var.name}', 'name', 'x')).toThrow('lower is not defined');
    expect(() => holds('true', 'name', 'x')).toThrow('no expression');
    expect(() => holds('${var.name}', 'name', 'x')).toThrow('not true or false');
  });
});
