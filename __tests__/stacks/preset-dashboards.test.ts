import { describe, expect, test } from '@jest/globals';
import { type Deployed, deployed, row, SYSTEMS } from './preset-table.ts';
import type { Widget } from './synthesized.ts';

/** What operators need in every preset, besides the required widgets and the one for images. */
const FOR_OPERATORS = [
  'Dead-letter queue',
  'Age of the oldest event (minutes)',
  'Outcomes by status',
  'Failures by code',
  'From upload to result (milliseconds)',
  'Cost of a thousand photos (US dollars: Lambda, S3 requests, table writes)',
];

function dashboard({ stack }: Deployed): Record<string, string> {
  const shown = stack.widgets().map(({ properties: { title, metrics = [] } }) => [title, metrics.map(drawn).join(' ')]);
  return Object.fromEntries(shown.filter(([title = '']) => !FOR_OPERATORS.includes(title)));
}

function drawn(line: NonNullable<Widget['properties']['metrics']>[number]): string {
  const [options] = [...line].filter((item) => typeof item === 'object');
  return `${String(line[1])}:${options?.stat}`;
}

describe('the dashboard', () => {
  test.each(SYSTEMS)('of %s also shows what operators need', (preset) => {
    const titles = deployed
      .get(preset)
      ?.stack.widgets()
      .map(({ properties }) => properties.title);
    expect(titles).toEqual(expect.arrayContaining(FOR_OPERATORS));
  });
});

const INVOCATIONS = { 'Invocations, errors, throttles': 'Invocations:Sum Errors:Sum Throttles:Sum' };
const DURATION = { 'Duration of an invocation (milliseconds)': 'Duration:Average Duration:Maximum Duration:Minimum' };
const IMAGES = { Images: 'ProcessedImages:Sum ProcessingErrors:Sum ProcessingTime:Average' };

row('dashboard', dashboard, {
  'photo-sharing': [
    'invocations, errors, throttles; duration avg/max/min; own metrics; concurrent executions',
    { ...INVOCATIONS, ...DURATION, ...IMAGES, 'Concurrent executions': 'ConcurrentExecutions:Maximum' },
  ],
  'media-thumbnails': ['Lambda metrics', { ...INVOCATIONS, ...DURATION, ...IMAGES }],
  'upload-processing': [
    'Lambda, S3 object counts, SNS delivery',
    {
      ...INVOCATIONS,
      ...DURATION,
      ...IMAGES,
      'Objects in the buckets (once a day)': 'NumberOfObjects:Average NumberOfObjects:Average',
      Notifications: 'NumberOfMessagesPublished:Sum NumberOfNotificationsDelivered:Sum NumberOfNotificationsFailed:Sum',
    },
  ],
  'image-metadata': [
    'Lambda, duration, table capacity, S3 objects',
    {
      ...INVOCATIONS,
      ...DURATION,
      ...IMAGES,
      'Table capacity (units)': 'ConsumedWriteCapacityUnits:Sum ConsumedReadCapacityUnits:Sum WriteThrottleEvents:Sum',
      'Objects in the buckets (once a day)': 'NumberOfObjects:Average',
    },
  ],
});
