import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import { Construct } from 'constructs';
import type { WidgetName } from '../../config/settings.ts';
import type { Metric, PipelineMetrics } from './pipeline-metrics.ts';

interface Line {
  readonly metric: Metric;
  readonly label: string;
  readonly stat: 'Sum' | 'Average' | 'Maximum' | 'Minimum';
  /** Use the right axis for lines in a different unit. Default left. */
  readonly yAxis?: 'right';
}

interface Widget {
  readonly title: string;
  /** Default 300. */
  readonly periodSeconds?: number;
  readonly lines: readonly Line[];
}

const DAY_IN_SECONDS = 86_400;

const WIDGETS: Record<WidgetName, (metrics: PipelineMetrics) => Widget> = {
  invocations: (metrics) => ({
    title: 'Invocations, errors, throttles',
    lines: [
      { metric: metrics.function('Invocations'), label: 'Invocations', stat: 'Sum' },
      { metric: metrics.function('Errors'), label: 'Errors', stat: 'Sum' },
      { metric: metrics.function('Throttles'), label: 'Throttles', stat: 'Sum' },
    ],
  }),
  duration: (metrics) => ({
    title: 'Duration of an invocation (milliseconds)',
    lines: [
      { metric: metrics.function('Duration'), label: 'Average', stat: 'Average' },
      { metric: metrics.function('Duration'), label: 'Maximum', stat: 'Maximum' },
      { metric: metrics.function('Duration'), label: 'Minimum', stat: 'Minimum' },
    ],
  }),
  images: (metrics) => ({
    title: 'Images',
    lines: [
      { metric: metrics.own('ProcessedImages'), label: 'Processed', stat: 'Sum' },
      { metric: metrics.own('ProcessingErrors'), label: 'Failed', stat: 'Sum' },
      { metric: metrics.own('ProcessingTime'), label: 'Average time (milliseconds)', stat: 'Average', yAxis: 'right' },
    ],
  }),
  concurrency: (metrics) => ({
    title: 'Concurrent executions',
    periodSeconds: 60,
    lines: [{ metric: metrics.function('ConcurrentExecutions'), label: 'Concurrent executions', stat: 'Maximum' }],
  }),
  tableCapacity: (metrics) => ({
    title: 'Table capacity (units)',
    lines: [
      { metric: metrics.table('ConsumedWriteCapacityUnits'), label: 'Written', stat: 'Sum' },
      { metric: metrics.table('ConsumedReadCapacityUnits'), label: 'Read', stat: 'Sum' },
      { metric: metrics.table('WriteThrottleEvents'), label: 'Throttled writes', stat: 'Sum', yAxis: 'right' },
    ],
  }),
  objectCounts: (metrics) => ({
    title: 'Objects in the buckets (once a day)',
    periodSeconds: DAY_IN_SECONDS,
    lines: metrics.bucketNames.map((name) => ({ metric: metrics.objectCount(name), label: name, stat: 'Average' })),
  }),
  topicDelivery: (metrics) => ({
    title: 'Notifications',
    lines: [
      { metric: metrics.topic('NumberOfMessagesPublished'), label: 'Published', stat: 'Sum' },
      { metric: metrics.topic('NumberOfNotificationsDelivered'), label: 'Delivered', stat: 'Sum' },
      { metric: metrics.topic('NumberOfNotificationsFailed'), label: 'Not delivered', stat: 'Sum' },
    ],
  }),
  deadLetters: (metrics) => ({
    title: 'Dead-letter queue',
    lines: [
      { metric: metrics.deadLetters('ApproximateNumberOfMessagesVisible'), label: 'Events', stat: 'Maximum' },
      {
        metric: metrics.deadLetters('ApproximateAgeOfOldestMessage'),
        label: 'Age of the oldest (seconds)',
        stat: 'Maximum',
        yAxis: 'right',
      },
    ],
  }),
};

/** CloudWatch's grid has 24 columns, enough for two widgets side by side. */
const WIDGET_WIDTH = 12;
const WIDGET_HEIGHT = 6;

export interface DashboardProps {
  readonly name: string;
  readonly widgets: readonly WidgetName[];
  readonly metrics: PipelineMetrics;
  readonly region: string;
}

/** The dashboard, with the widgets of the settings in order, two per row. */
export class Dashboard extends Construct {
  /** Address of the dashboard in the console. */
  readonly url: string;

  constructor(scope: Construct, id: string, { name, widgets, metrics, region }: DashboardProps) {
    super(scope, id);
    new CloudwatchDashboard(this, 'Resource', {
      dashboardName: name,
      dashboardBody: JSON.stringify({ widgets: widgets.map((widget, index) => draw(WIDGETS[widget](metrics), index, region)) }),
    });
    this.url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`;
  }
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
function draw({ title, periodSeconds = 300, lines }: Widget, index: number, region: string): object {
  return {
    type: 'metric',
    x: (index % 2) * WIDGET_WIDTH,
    y: Math.floor(index / 2) * WIDGET_HEIGHT,
    width: WIDGET_WIDTH,
    height: WIDGET_HEIGHT,
    properties: {
      title,
      view: 'timeSeries',
      region,
      period: periodSeconds,
      metrics: lines.map(({ metric, ...options }) => [
        metric.namespace,
        metric.metricName,
        ...Object.entries(metric.dimensions).flat(),
        options,
      ]),
    },
  };
}
