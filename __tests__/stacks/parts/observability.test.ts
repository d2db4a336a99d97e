import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { deploymentOf } from '../../../config/deployments.ts';
import { PRESET_NAMES } from '../../../config/presets.ts';
import { WIDGETS } from '../../../config/settings.ts';
import { METRIC_DIMENSION, METRIC_NAMESPACE } from '../../../lambda-src/contract/metrics.ts';
import { ALARM_NAMES, Alarms, RECONCILIATION_ALARMS, runbookAnchor } from '../../../stacks/parts/alarms.ts';
import { Dashboard } from '../../../stacks/parts/dashboard.ts';
import { PipelineMetrics } from '../../../stacks/parts/pipeline-metrics.ts';
import { synthesize, synthesizePart, type Widget } from '../synthesized.ts';

const FUNCTION = '${aws_lambda_function.processor.function_name}';

/** The dimensions that each namespace writes; a query with any others returns no data. Sources: the links in stacks/parts/pipeline-metrics.ts. */
const DIMENSIONS: Record<string, Record<string, RegExp>> = {
  'AWS/Lambda': { FunctionName: /^\$\{aws_lambda_function\.processor\.function_name\}$/ },
  'AWS/DynamoDB': { TableName: /^\$\{aws_dynamodb_table\.ledger\.name\}$/ },
  'AWS/SQS': { QueueName: /^\$\{aws_sqs_queue\.processor_dead_letters\.name\}$/ },
  'AWS/SNS': { TopicName: /^\$\{aws_sns_topic\.notifications\.name\}$/ },
  'AWS/S3': { BucketName: /^\$\{aws_s3_bucket\.(uploads|renditions)\.bucket\}$/, StorageType: /^AllStorageTypes$/ },
  [METRIC_NAMESPACE]: { [METRIC_DIMENSION]: /^\$\{aws_lambda_function\.processor\.function_name\}$/ },
};

interface Read {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Record<string, string>;
}

const alarmSchema = z.object({ namespace: z.string(), metric_name: z.string(), dimensions: z.record(z.string(), z.string()) });

/** Returns the metrics of a widget with their dimensions. */
function metricsOf({ properties }: Widget): Read[] {
  return properties.metrics.map(([namespace, metricName, ...rest]) => {
    const texts = rest.filter((item) => typeof item === 'string');
    const pairs = texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1] ?? '']] : []));
    return { namespace, metricName, dimensions: Object.fromEntries(pairs) };
  });
}

describe.each(PRESET_NAMES)('in %s', (preset) => {
  const settings = deploymentOf(preset, 'dev', 'arm64');
  const stack = synthesize(settings);
  const alarmed: Read[] = stack.some('aws_cloudwatch_metric_alarm').map(({ attributes }) => {
    const { namespace, metric_name, dimensions } = alarmSchema.parse(attributes);
    return { namespace, metricName: metric_name, dimensions };
  });
  const read = [...alarmed, ...stack.widgets().flatMap(metricsOf)];

  test('alarms and dashboard query exactly the dimensions that each namespace writes', () => {
    for (const { namespace, dimensions } of read) {
      const expected = DIMENSIONS[namespace] ?? {};
      expect(Object.keys(dimensions)).toEqual(Object.keys(expected));
      for (const [name, value] of Object.entries(dimensions)) expect(value).toMatch(expected[name] ?? /never/);
    }
  });

  test('every metric of the handler is on the dashboard, and failures have an alarm', () => {
    const own = (list: Read[]) => list.filter(({ namespace }) => namespace === METRIC_NAMESPACE).map(({ metricName }) => metricName);

    expect(own(read.slice(alarmed.length)).sort()).toEqual(['ProcessedImages', 'ProcessingErrors', 'ProcessingTime']);
    expect(own(alarmed)).toEqual(['ProcessingErrors']);
  });

  test('the handler gets the dimension value that they query', () => {
    const { POWERTOOLS_SERVICE_NAME } = stack.environment();

    expect(POWERTOOLS_SERVICE_NAME).toBe(stack.one('aws_lambda_function').function_name);
    expect(read.find(({ namespace }) => namespace === METRIC_NAMESPACE)?.dimensions).toEqual({ [METRIC_DIMENSION]: FUNCTION });
  });

  test('widgets are side by side on the grid without overlaps, in the region of the stack', () => {
    const places = stack.widgets().map(({ x, y, width, height }) => ({ x, y, width, height }));

    expect(new Set(places.map(({ x, y }) => `${x},${y}`)).size).toBe(settings.dashboard.widgets.length);
    for (const place of places) {
      expect([0, 12]).toContain(place.x);
      expect(place).toMatchObject({ y: expect.any(Number), width: 12, height: 6 });
      expect(place.y % place.height).toBe(0);
    }
    expect(new Set(stack.widgets().map(({ properties }) => properties.region))).toEqual(new Set([settings.region]));
  });

  test('the object count has a period of a day, as S3 writes it daily', () => {
    const counts = stack.widgets().filter(({ properties }) => properties.metrics.some(([namespace]) => namespace === 'AWS/S3'));

    expect(counts.every(({ properties }) => properties.period === 86_400)).toBe(true);
    expect(counts).toHaveLength(settings.dashboard.widgets.includes('objectCounts') ? 1 : 0);
  });

  test('every configured alarm exists with its thresholds', () => {
    const configured = ALARM_NAMES.filter((name) => settings.alarms[name] !== undefined && !RECONCILIATION_ALARMS.includes(name));
    for (const name of configured) {
      const alarm = settings.alarms[name];
      if (alarm === undefined) continue;
      const anchor = runbookAnchor(name);
      expect(stack.one(`aws_cloudwatch_metric_alarm.alarms_${anchor.replaceAll('-', '_')}`)).toMatchObject({
        comparison_operator: 'GreaterThanThreshold',
        threshold: alarm.threshold,
        period: alarm.periodSeconds,
        evaluation_periods: alarm.evaluationPeriods,
        alarm_actions: ['${aws_sns_topic.alarm_notifications.arn}'],
        ok_actions: ['${aws_sns_topic.alarm_notifications.arn}'],
      });
    }
    expect(alarmed).toHaveLength(configured.length);
  });
});

const metrics = new PipelineMetrics({
  functionName: 'resize',
  tableName: 'records',
  deadLetterQueueName: 'letters',
  topicName: 'news',
  bucketNames: ['photos'],
});

describe('the dashboard', () => {
  test.each(WIDGETS)('supports the widget %s', (widget) => {
    const part = synthesizePart(
      (scope) => new Dashboard(scope, 'board', { name: 'board', widgets: [widget], metrics, region: 'eu-west-1' }),
    );

    expect(part.widgets()).toHaveLength(1);
  });

  test("writes widgets in CloudWatch's format", () => {
    const part = synthesizePart(
      (scope) => new Dashboard(scope, 'board', { name: 'board', widgets: ['concurrency', 'deadLetters'], metrics, region: 'eu-west-1' }),
    );

    expect(part.widgets()[1]).toEqual({
      x: 12,
      y: 0,
      width: 12,
      height: 6,
      properties: {
        title: 'Dead-letter queue',
        region: 'eu-west-1',
        period: 300,
        metrics: [
          ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', 'letters', { label: 'Events', stat: 'Maximum' }],
          [
            'AWS/SQS',
            'ApproximateAgeOfOldestMessage',
            'QueueName',
            'letters',
            { label: 'Age of the oldest (seconds)', stat: 'Maximum', yAxis: 'right' },
          ],
        ],
      },
    });
  });
});

describe('the runbook', () => {
  const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
  const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase().replaceAll(' ', '-'));

  test.each(ALARM_NAMES)('has an entry for the alarm %s', (alarm) => {
    expect(headings).toContain(runbookAnchor(alarm));
  });

  test('is linked at the end of every alarm description', () => {
    const alarm = { threshold: 3, periodSeconds: 60, evaluationPeriods: 2 };
    const part = synthesizePart((scope) => {
      const { alarms } = deploymentOf('image-metadata', 'dev', 'arm64');
      new Alarms(scope, 'alarms', { alarms: { ...alarms, throttles: alarm }, metrics, namePrefix: 'resize', topicArn: 'arn' });
    });

    const alarms = part.some('aws_cloudwatch_metric_alarm').map(({ attributes }) => attributes);
    expect(alarms.find(({ alarm_name }) => alarm_name === 'resize-throttles')).toMatchObject({
      alarm_description:
        'Lambda throttles invocations because no concurrency is left; uploads wait. Sum of Throttles above 3 in 2 x 60 s. What to do: docs/runbook.md#throttles',
    });
  });
});
