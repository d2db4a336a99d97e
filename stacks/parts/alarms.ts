import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';
import type { AlarmSettings, PipelineSettings } from '../../config/settings.ts';
import type { Metric, PipelineMetrics } from './pipeline-metrics.ts';

export type AlarmName = keyof PipelineSettings['alarms'];

interface Watch {
  readonly metric: (metrics: PipelineMetrics) => Metric;
  readonly statistic: 'Sum' | 'Average' | 'Maximum';
  /** What has happened when the alarm goes off. */
  readonly meaning: string;
}

const WATCHES: Record<AlarmName, Watch> = {
  errors: {
    metric: (metrics) => metrics.function('Errors'),
    statistic: 'Sum',
    meaning: 'The function fails by a fault of the system, not of an image.',
  },
  throttles: {
    metric: (metrics) => metrics.function('Throttles'),
    statistic: 'Sum',
    meaning: 'Lambda turns invocations away for want of concurrency; uploads wait.',
  },
  duration: {
    metric: (metrics) => metrics.function('Duration'),
    statistic: 'Average',
    meaning: 'Invocations come near the timeout of the function.',
  },
  tableWriteThrottles: {
    metric: (metrics) => metrics.table('WriteThrottleEvents'),
    statistic: 'Sum',
    meaning: 'DynamoDB turns writes to the ledger away.',
  },
  processingErrors: {
    metric: (metrics) => metrics.own('ProcessingErrors'),
    statistic: 'Sum',
    meaning: 'Many images fail by their own fault.',
  },
  deadLetterDepth: {
    metric: (metrics) => metrics.deadLetters('ApproximateNumberOfMessagesVisible'),
    statistic: 'Maximum',
    meaning: 'Events were given up after all retries and wait in the dead-letter queue.',
  },
  deadLetterAge: {
    metric: (metrics) => metrics.deadLetters('ApproximateAgeOfOldestMessage'),
    statistic: 'Maximum',
    meaning: 'An event has waited long in the dead-letter queue, which forgets it after 14 days.',
  },
  eventAge: {
    metric: (metrics) => metrics.function('AsyncEventAge'),
    statistic: 'Maximum',
    meaning: 'Events wait long for the function; Lambda gives them up after six hours.',
  },
  droppedEvents: {
    metric: (metrics) => metrics.function('AsyncEventsDropped'),
    statistic: 'Sum',
    meaning: 'Lambda gave up events and sent them to the dead-letter queue.',
  },
  destinationFailures: {
    metric: (metrics) => metrics.function('DestinationDeliveryFailures'),
    statistic: 'Sum',
    meaning: 'Lambda could not send given-up events to the dead-letter queue: they are lost.',
  },
};

export const ALARM_NAMES = Object.keys(WATCHES) as AlarmName[];

/** The heading of an alarm in docs/runbook.md, as it stands in a link. */
export function runbookAnchor(alarm: AlarmName): string {
  return alarm.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export interface AlarmsProps {
  readonly alarms: PipelineSettings['alarms'];
  readonly metrics: PipelineMetrics;
  /** Stands before the name of every alarm. */
  readonly namePrefix: string;
  /** The topic that is told when an alarm goes off and when it is over. */
  readonly topicArn: string;
}

/** One alarm per entry of the settings; a metric without data is in order, as nothing happens when nobody uploads. */
export class Alarms extends Construct {
  /** For the policy of the topic. */
  readonly arns: readonly string[];
  private readonly props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.props = props;
    this.arns = ALARM_NAMES.flatMap((name) => {
      const settings = props.alarms[name];
      return settings === undefined ? [] : [this.alarm(name, settings).arn];
    });
  }

  private alarm(name: AlarmName, { threshold, periodSeconds, evaluationPeriods }: AlarmSettings): CloudwatchMetricAlarm {
    const { metric, statistic, meaning } = WATCHES[name];
    const { namespace, metricName, dimensions } = metric(this.props.metrics);
    const anchor = runbookAnchor(name);
    return new CloudwatchMetricAlarm(this, anchor, {
      alarmName: `${this.props.namePrefix}-${anchor}`,
      alarmDescription: `${meaning} ${statistic} of ${metricName} above ${threshold} in ${evaluationPeriods} x ${periodSeconds} s. What to do: docs/runbook.md#${anchor}`,
      namespace,
      metricName,
      dimensions: { ...dimensions },
      statistic,
      comparisonOperator: 'GreaterThanThreshold',
      threshold,
      period: periodSeconds,
      evaluationPeriods,
      treatMissingData: 'notBreaching',
      alarmActions: [this.props.topicArn],
      okActions: [this.props.topicArn],
    });
  }
}
