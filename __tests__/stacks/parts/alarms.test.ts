import { describe, expect, test } from '@jest/globals';
import { ALARM_NAMES, alarmAnchor, type PipelineSettings, RECONCILIATION_ALARMS } from '../../../config/settings.ts';
import { Alarms } from '../../../stacks/parts/alarms.ts';
import { PipelineMetrics } from '../../../stacks/parts/pipeline-metrics.ts';
import { synthesizePart } from '../synthesized.ts';

const RESOURCES = {
  functionName: 'resize',
  tableName: 'records',
  deadLetterQueueName: 'letters',
  topicName: 'news',
  bucketNames: ['photos'],
  logGroupName: '/aws/lambda/resize',
};
const metrics = new PipelineMetrics({ ...RESOURCES, reconcilerName: 'resize-reconciler' });

const FIGURES = { threshold: 3, periodSeconds: 60, evaluationPeriods: 2 };
const NEEDED = {
  ...{ errors: FIGURES, throttles: FIGURES, processingErrors: FIGURES, deadLetterDepth: FIGURES, deadLetterAge: FIGURES },
  ...{ eventAge: FIGURES, droppedEvents: FIGURES, destinationFailures: FIGURES },
  ...{ missingPhotos: FIGURES, stuckPhotos: FIGURES, reconciliationErrors: FIGURES },
};
const ALL = { ...NEEDED, duration: FIGURES, tableWriteThrottles: FIGURES };

function alarmsWith(alarms: PipelineSettings['alarms'], watched = metrics) {
  const arns: string[] = [];
  const part = synthesizePart((scope) => {
    arns.push(
      ...new Alarms(scope, 'alarms', { alarms, combined: true, metrics: watched, namePrefix: 'resize', topicArn: 'arn:topic' }).arns,
    );
  });
  const alarmed = part.some('aws_cloudwatch_metric_alarm').map(({ attributes }) => attributes);
  return { alarms: alarmed, combined: part.one('aws_cloudwatch_composite_alarm'), arns };
}

describe('an alarm', () => {
  const FUNCTION = { namespace: 'AWS/Lambda', dimensions: { FunctionName: 'resize' } };
  const QUEUE = { namespace: 'AWS/SQS', dimensions: { QueueName: 'letters' } };

  test.each<[name: string, source: object, metric: string, statistic: string, meaning: string]>([
    ['errors', FUNCTION, 'Errors', 'Sum', 'The function fails because of the system, not because of an image.'],
    ['throttles', FUNCTION, 'Throttles', 'Sum', 'Lambda throttles invocations because no concurrency is left; uploads wait.'],
    ['duration', FUNCTION, 'Duration', 'Average', 'Invocations take almost as long as the timeout of the function.'],
    [
      'table-write-throttles',
      { namespace: 'AWS/DynamoDB', dimensions: { TableName: 'records' } },
      'WriteThrottleEvents',
      'Sum',
      'DynamoDB throttles writes to the ledger.',
    ],
    [
      'processing-errors',
      { namespace: 'ImageProcessing', dimensions: { service: 'resize' } },
      'ProcessingErrors',
      'Sum',
      'Many images cannot be processed.',
    ],
    [
      'dead-letter-depth',
      QUEUE,
      'ApproximateNumberOfMessagesVisible',
      'Maximum',
      'Events failed after all retries and wait in the dead-letter queue.',
    ],
    [
      'dead-letter-age',
      QUEUE,
      'ApproximateAgeOfOldestMessage',
      'Maximum',
      'An event has been in the dead-letter queue for a long time; SQS deletes it after 14 days.',
    ],
    [
      'event-age',
      FUNCTION,
      'AsyncEventAge',
      'Maximum',
      'Events wait a long time for the function; Lambda gives up on them after six hours.',
    ],
    ['dropped-events', FUNCTION, 'AsyncEventsDropped', 'Sum', 'Lambda gave up on events and sent them to the dead-letter queue.'],
    [
      'destination-failures',
      FUNCTION,
      'DestinationDeliveryFailures',
      'Sum',
      'Lambda could not send failed events to the dead-letter queue: they are lost.',
    ],
    [
      'reconciliation-errors',
      { namespace: 'AWS/Lambda', dimensions: { FunctionName: 'resize-reconciler' } },
      'Errors',
      'Sum',
      'Reconciliations fail, so lost photos are not noticed.',
    ],
  ])('about %s says what has happened, what to do, and when it is over', (name, source, metric, statistic, meaning) => {
    expect(alarmsWith(ALL).alarms).toContainEqual({
      ...source,
      alarm_name: `resize-${name}`,
      alarm_description: `${meaning} ${statistic} of ${metric} above 3 in 2 x 60 s. What to do: docs/runbook.md#${name}`,
      metric_name: metric,
      statistic,
      comparison_operator: 'GreaterThanThreshold',
      threshold: 3,
      period: 60,
      evaluation_periods: 2,
      // Without uploads, nothing happens.
      treat_missing_data: 'notBreaching',
      alarm_actions: ['arn:topic'],
      ok_actions: ['arn:topic'],
    });
  });

  test.each(['missing-photos', 'stuck-photos'])('about %s stays on until a reconciliation finds none', (name) => {
    expect(alarmsWith(ALL).alarms).toContainEqual(
      expect.objectContaining({
        alarm_name: `resize-${name}`,
        namespace: 'ImageProcessing',
        dimensions: { service: 'resize' },
        statistic: 'Maximum',
        treat_missing_data: 'ignore',
      }),
    );
  });

  test('about reconciliations exists only where there are some', () => {
    const { alarms } = alarmsWith(ALL, new PipelineMetrics(RESOURCES));

    const names = alarms.map(({ alarm_name }) => alarm_name);
    expect(names).toHaveLength(ALARM_NAMES.length - RECONCILIATION_ALARMS.length);
    expect(names).not.toContain('resize-missing-photos');
  });

  test('is made for each entry of the settings, and its ARN is given to the policy of the topic', () => {
    const { alarms, arns } = alarmsWith(NEEDED);

    expect(alarms).toHaveLength(Object.keys(NEEDED).length);
    // The one that combines others has an ARN, too.
    expect(arns).toHaveLength(Object.keys(NEEDED).length + 1);
    expect(ALARM_NAMES.toSorted()).toEqual(Object.keys(ALL).toSorted());
  });

  test('combines those that mean that photos are not being processed, so that one of them is enough to be woken once', () => {
    const { combined } = alarmsWith(ALL);

    expect(combined).toEqual({
      alarm_name: 'resize-photos-are-not-being-processed',
      alarm_description:
        'Photos are not being processed. The alarm that caused this one says why. What to do: docs/runbook.md#photos-are-not-being-processed',
      alarm_rule: expect.stringMatching(
        /errors\w*\.alarm_name.*throttles\w*\.alarm_name.*event-age.*dropped-events.*dead-letter-depth.*destination-failures/,
      ),
      alarm_actions: ['arn:topic'],
      ok_actions: ['arn:topic'],
    });
  });

  test('has its name in words, as in links to the runbook', () => {
    expect(alarmAnchor('deadLetterDepth')).toBe('dead-letter-depth');
  });
});
