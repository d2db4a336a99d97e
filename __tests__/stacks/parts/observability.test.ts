import { readFileSync } from 'node:fs';
import { describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { deploymentOf } from '../../../config/deployments.ts';
import { PRESET_NAMES } from '../../../config/presets.ts';
import {
  ALARM_NAMES,
  alarmAnchor,
  PHOTOS_NOT_PROCESSED,
  RECONCILIATION_ALARMS,
  WIDGETS,
  type WidgetName,
} from '../../../config/settings.ts';
import { METRIC_DIMENSION, METRIC_NAMESPACE } from '../../../lambda-src/contract/metrics.ts';
import { Observer } from '../../../lambda-src/observer.ts';
import { Alarms } from '../../../stacks/parts/alarms.ts';
import { Dashboard } from '../../../stacks/parts/dashboard.ts';
import { LOG_QUERIES } from '../../../stacks/parts/log-queries.ts';
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
function metricsOf({ properties: { metrics = [] } }: Widget): Read[] {
  return metrics.flatMap((line) => {
    const [namespace, metricName, ...texts] = [...line].filter((item) => typeof item === 'string');
    if (namespace === undefined || metricName === undefined) return [];
    const pairs = texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1] ?? '']] : []));
    return [{ namespace, metricName, dimensions: Object.fromEntries(pairs) }];
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

    expect([...new Set(own(read.slice(alarmed.length)))].sort()).toEqual([
      'EndToEndLatency',
      'ProcessedImages',
      'ProcessingErrors',
      'ProcessingTime',
    ]);
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
    const counts = stack.widgets().filter((widget) => metricsOf(widget).some(({ namespace }) => namespace === 'AWS/S3'));

    expect(counts.every(({ properties }) => properties.period === 86_400)).toBe(true);
    expect(counts).toHaveLength(settings.dashboard.widgets.includes('objectCounts') ? 1 : 0);
  });

  test('every configured alarm exists with its thresholds', () => {
    const configured = ALARM_NAMES.filter((name) => settings.alarms[name] !== undefined && !RECONCILIATION_ALARMS.includes(name));
    for (const name of configured) {
      const alarm = settings.alarms[name];
      if (alarm === undefined) continue;
      const anchor = alarmAnchor(name);
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
  logGroupName: '/aws/lambda/resize',
});

describe('the dashboard', () => {
  const settings = deploymentOf('photo-sharing', 'dev', 'arm64');
  const drawnWith = (...widgets: WidgetName[]): Widget[] =>
    synthesizePart(
      (scope) =>
        new Dashboard(scope, 'board', { name: 'board', settings: { ...settings, dashboard: { ...settings.dashboard, widgets } }, metrics }),
    ).widgets();

  test.each(WIDGETS)('supports the widget %s', (widget) => {
    expect(drawnWith(widget)).toHaveLength(1);
  });

  test("writes widgets in CloudWatch's format", () => {
    expect(drawnWith('concurrency', 'deadLetters')[1]).toEqual({
      type: 'metric',
      x: 12,
      y: 0,
      width: 12,
      height: 6,
      properties: {
        title: 'Dead-letter queue',
        view: 'timeSeries',
        region: 'us-west-2',
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

  test('shows half and 95 of 100 photos from upload to result', () => {
    expect(drawnWith('latency')[0]?.properties.metrics).toEqual([
      ['ImageProcessing', 'EndToEndLatency', 'service', 'resize', { label: 'Half of the photos (p50)', stat: 'p50' }],
      ['ImageProcessing', 'EndToEndLatency', 'service', 'resize', { label: '95 of 100 photos (p95)', stat: 'p95' }],
    ]);
  });

  test('shows in minutes how old the events are, wherever they wait', () => {
    const [age, dead, ...lines] = drawnWith('backlog')[0]?.properties.metrics ?? [];

    expect(age).toEqual(
      expect.arrayContaining(['AsyncEventAge', { label: 'milliseconds', stat: 'Maximum', id: 'waiting', visible: false }]),
    );
    expect(dead).toEqual(
      expect.arrayContaining(['ApproximateAgeOfOldestMessage', { label: 'seconds', stat: 'Maximum', id: 'dead', visible: false }]),
    );
    expect(lines).toEqual([
      [{ expression: 'waiting / 60000', label: 'When it reached the function' }],
      [{ expression: 'dead / 60', label: 'In the dead-letter queue', yAxis: 'right' }],
    ]);
  });

  test('computes the cost of a thousand photos from what Lambda, S3 and DynamoDB charge', () => {
    const metricsAndMath = drawnWith('cost')[0]?.properties.metrics ?? [];
    const expression = metricsAndMath.flatMap((line) => line.flatMap((item) => (typeof item === 'object' ? (item.expression ?? []) : [])));
    const ids = metricsAndMath.flatMap((line) => line.flatMap((item) => (typeof item === 'object' ? (item.id ?? []) : [])));

    expect(ids).toEqual(['duration', 'invocations', 'writes', 'photos']);
    expect(expression).toHaveLength(1);
    // 500 photos of one second each with 1,024 MB on arm64; two table writes, a GET and a PUT each.
    const values: Record<string, number> = { duration: 500_000, invocations: 500, writes: 1_000, photos: 500 };
    const arithmetic = String(expression[0]).replace(/[a-z]+/g, (id) => String(values[id]));
    expect(arithmetic).toMatch(/^[\d.+*/() ]+$/);
    expect(Number(Function(`return ${arithmetic}`)())).toBeCloseTo(
      1000 * (0.0000133334 + 0.0000002 + 2 * 0.000000625 + 0.0000004 + 0.000005),
      9,
    );
  });

  test.each<[WidgetName, string, RegExp]>([
    ['outcomes', 'timeSeries', /sum\(strcontains\(status, "superseded"\)\) as superseded.* by bin\(5m\)$/],
    ['failureCodes', 'table', /status = "failed" \| stats count\(\*\) as photos.* by failureCode/],
  ])('reads %s from the log, counting each effect once', (widget, view, query) => {
    const [drawn] = drawnWith(widget);

    expect(drawn).toMatchObject({ type: 'log', properties: { view, region: 'us-west-2' } });
    expect(drawn?.properties.query).toMatch(/^SOURCE '\/aws\/lambda\/resize' \| filter message = "outcome" and not ispresent\(repeated\)/);
    expect(drawn?.properties.query).toMatch(query);
  });
});

describe('the saved queries', () => {
  const photoSharing = deploymentOf('photo-sharing', 'dev', 'arm64');

  test('are of the function’s log, in a folder with its name', () => {
    const stack = synthesize({ ...photoSharing, dashboard: { ...photoSharing.dashboard, savedQueries: true } });

    const queries = stack.some('aws_cloudwatch_query_definition').map(({ attributes }) => attributes);
    expect(queries.map(({ name }) => name).toSorted()).toEqual(
      Object.keys(LOG_QUERIES)
        .map((name) => `${FUNCTION}/${name}`)
        .toSorted(),
    );
    for (const { log_group_names, query_string } of queries) {
      expect(log_group_names).toEqual(['${aws_cloudwatch_log_group.processor_log.name}']);
      expect(query_string).toMatch(/^filter /);
    }
  });

  test('are absent from disposable environments unless the setting asks for them', () => {
    expect(synthesize(photoSharing).resources('aws_cloudwatch_query_definition')).toEqual([]);
    expect(synthesize(deploymentOf('photo-sharing', 'prod', 'arm64')).some('aws_cloudwatch_query_definition')).toHaveLength(6);
  });

  test('read fields that the function writes', () => {
    const lines: string[] = [];
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    const observer = new Observer('resize');
    observer.begin('request-1');
    observer.outcome({ status: 'failed', key: 'a.jpg', failureCode: 'Corrupt', detail: 'truncated' }, 5);
    observer.repeated({ status: 'gone', key: 'a.jpg' });
    observer.fault('a.jpg', new Error('denied'));
    jest.restoreAllMocks();
    const written = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line))));

    const named = Object.values(LOG_QUERIES)
      .flatMap((query) => query.match(/\b(message|status|key|failureCode|fault|detail|milliseconds|repeated|requestId)\b/g) ?? [])
      .filter((field, index, all) => all.indexOf(field) === index);
    expect(named.length).toBeGreaterThan(7);
    expect(named.filter((field) => !written.has(field))).toEqual([]);
  });
});

describe('the runbook', () => {
  const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
  const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase().replaceAll(' ', '-'));

  test.each(ALARM_NAMES)('has an entry for the alarm %s', (alarm) => {
    expect(headings).toContain(alarmAnchor(alarm));
  });

  test('has an entry for the alarm that combines others', () => {
    expect(headings).toContain(PHOTOS_NOT_PROCESSED);
  });

  test('is linked at the end of every alarm description', () => {
    const alarm = { threshold: 3, periodSeconds: 60, evaluationPeriods: 2 };
    const part = synthesizePart((scope) => {
      const { alarms } = deploymentOf('image-metadata', 'dev', 'arm64');
      new Alarms(scope, 'alarms', {
        alarms: { ...alarms, throttles: alarm },
        combined: false,
        metrics,
        namePrefix: 'resize',
        topicArn: 'arn',
      });
    });

    const alarms = part.some('aws_cloudwatch_metric_alarm').map(({ attributes }) => attributes);
    expect(alarms.find(({ alarm_name }) => alarm_name === 'resize-throttles')).toMatchObject({
      alarm_description:
        'Lambda throttles invocations because no concurrency is left; uploads wait. Sum of Throttles above 3 in 2 x 60 s. What to do: docs/runbook.md#throttles',
    });
  });
});
