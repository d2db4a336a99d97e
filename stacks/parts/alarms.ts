import { CloudwatchCompositeAlarm } from '@cdktf/provider-aws/lib/cloudwatch-composite-alarm';
import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';
import {
  ALARM_NAMES,
  type AlarmName,
  type AlarmSettings,
  alarmAnchor,
  PHOTOS_NOT_PROCESSED,
  type PipelineSettings,
  RECONCILIATION_ALARMS,
} from '../../config/settings.ts';
import type { Metric, PipelineMetrics } from './pipeline-metrics.ts';

interface AlarmDefinition {
  readonly metric: (metrics: PipelineMetrics) => Metric;
  readonly statistic: 'Sum' | 'Average' | 'Maximum';
  /** Whether the alarm stays as it is until there is new data: the metric is written once per reconciliation. */
  readonly keepsState?: true;
  /** What it means when the alarm goes off. */
  readonly meaning: string;
}

const ALARMS: Record<AlarmName, AlarmDefinition> = {
  errors: {
    metric: (metrics) => metrics.function('Errors'),
    statistic: 'Sum',
    meaning: 'The function fails because of the system, not because of an image.',
  },
  throttles: {
    metric: (metrics) => metrics.function('Throttles'),
    statistic: 'Sum',
    meaning: 'Lambda throttles invocations because no concurrency is left; uploads wait.',
  },
  duration: {
    metric: (metrics) => metrics.function('Duration'),
    statistic: 'Average',
    meaning: 'Invocations take almost as long as the timeout of the function.',
  },
  tableWriteThrottles: {
    metric: (metrics) => metrics.table('WriteThrottleEvents'),
    statistic: 'Sum',
    meaning: 'DynamoDB throttles writes to the ledger.',
  },
  processingErrors: {
    metric: (metrics) => metrics.own('ProcessingErrors'),
    statistic: 'Sum',
    meaning: 'Many images cannot be processed.',
  },
  deadLetterDepth: {
    metric: (metrics) => metrics.deadLetters('ApproximateNumberOfMessagesVisible'),
    statistic: 'Maximum',
    meaning: 'Events failed after all retries and wait in the dead-letter queue.',
  },
  deadLetterAge: {
    metric: (metrics) => metrics.deadLetters('ApproximateAgeOfOldestMessage'),
    statistic: 'Maximum',
    meaning: 'An event has been in the dead-letter queue for a long time; SQS deletes it after 14 days.',
  },
  eventAge: {
    metric: (metrics) => metrics.function('AsyncEventAge'),
    statistic: 'Maximum',
    meaning: 'Events wait a long time for the function; Lambda gives up on them after six hours.',
  },
  droppedEvents: {
    metric: (metrics) => metrics.function('AsyncEventsDropped'),
    statistic: 'Sum',
    meaning: 'Lambda gave up on events and sent them to the dead-letter queue.',
  },
  destinationFailures: {
    metric: (metrics) => metrics.function('DestinationDeliveryFailures'),
    statistic: 'Sum',
    meaning: 'Lambda could not send failed events to the dead-letter queue: they are lost.',
  },
  missingPhotos: {
    metric: (metrics) => metrics.own('MissingPhotos'),
    statistic: 'Maximum',
    keepsState: true,
    meaning: 'Photos in the upload bucket have no result: their events were lost.',
  },
  stuckPhotos: {
    metric: (metrics) => metrics.own('StuckPhotos'),
    statistic: 'Maximum',
    keepsState: true,
    meaning: 'Photos were begun and not finished, or their messages were not sent, and nothing retries them.',
  },
  reconciliationErrors: {
    metric: (metrics) => metrics.reconciler('Errors'),
    statistic: 'Sum',
    meaning: 'Reconciliations fail, so lost photos are not noticed.',
  },
};

/**
 * The alarms that mean that photos are not being processed. The others are about the photos themselves (`processingErrors`), about speed
 * (`duration`, `tableWriteThrottles`) or follow one of these (`deadLetterAge`).
 */
const NOT_PROCESSED: readonly AlarmName[] = ['errors', 'throttles', 'eventAge', 'droppedEvents', 'deadLetterDepth', 'destinationFailures'];

export interface AlarmsProps {
  readonly alarms: PipelineSettings['alarms'];
  /** Whether one more alarm combines those that mean that photos are not being processed. */
  readonly combined: boolean;
  readonly metrics: PipelineMetrics;
  /** Prefix of every alarm's name. */
  readonly namePrefix: string;
  /** The topic that is notified when an alarm goes off and when it recovers. */
  readonly topicArn: string;
}

/**
 * One alarm per entry of the settings and, if wanted, one that combines those that mean that photos are not being processed. Missing data counts as OK,
 * because without uploads there is no data.
 */
export class Alarms extends Construct {
  /** For the policy of the topic. */
  readonly arns: readonly string[];
  private readonly props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.props = props;
    const alarms = new Map(
      ALARM_NAMES.flatMap((name) => {
        const settings = props.alarms[name];
        const isWatched = props.metrics.reconcilerName !== undefined || !RECONCILIATION_ALARMS.includes(name);
        return settings === undefined || !isWatched ? [] : [[name, this.alarm(name, settings)]];
      }),
    );
    const combined = props.combined ? [this.notProcessed(NOT_PROCESSED.flatMap((name) => alarms.get(name) ?? []))] : [];
    this.arns = [...alarms.values(), ...combined].map(({ arn }) => arn);
  }

  /** Goes off once however many of its alarms do, so it is the one to wake someone with. */
  private notProcessed(alarms: readonly CloudwatchMetricAlarm[]): CloudwatchCompositeAlarm {
    return new CloudwatchCompositeAlarm(this, PHOTOS_NOT_PROCESSED, {
      alarmName: `${this.props.namePrefix}-${PHOTOS_NOT_PROCESSED}`,
      alarmDescription: `Photos are not being processed. The alarm that caused this one says why. What to do: docs/runbook.md#${PHOTOS_NOT_PROCESSED}`,
      alarmRule: alarms.map(({ alarmName }) => `ALARM("${alarmName}")`).join(' OR '),
      alarmActions: [this.props.topicArn],
      okActions: [this.props.topicArn],
    });
  }

  private alarm(name: AlarmName, { threshold, periodSeconds, evaluationPeriods }: AlarmSettings): CloudwatchMetricAlarm {
    const { metric, statistic, meaning, keepsState } = ALARMS[name];
    const { namespace, metricName, dimensions } = metric(this.props.metrics);
    const anchor = alarmAnchor(name);
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
      treatMissingData: keepsState ? 'ignore' : 'notBreaching',
      alarmActions: [this.props.topicArn],
      okActions: [this.props.topicArn],
    });
  }
}
