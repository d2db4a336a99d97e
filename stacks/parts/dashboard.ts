import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import { Construct } from 'constructs';
import { firstPrice, PRICES } from '../../config/prices.ts';
import type { PipelineSettings, WidgetName } from '../../config/settings.ts';
import { LOG_QUERIES } from './log-queries.ts';
import type { Metric, PipelineMetrics } from './pipeline-metrics.ts';

interface LineOptions {
  readonly label: string;
  /** Use the right axis for lines in a different unit. Default left. */
  readonly yAxis?: 'right';
}

interface MetricLine extends LineOptions {
  readonly metric: Metric;
  readonly stat: 'Sum' | 'Average' | 'Maximum' | 'Minimum' | 'p50' | 'p95';
  /** The name of this line in an expression. */
  readonly id?: string;
  /** Whether only expressions use the line. */
  readonly hidden?: true;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html */
interface ExpressionLine extends LineOptions {
  readonly expression: string;
}

interface MetricWidget {
  readonly title: string;
  /** Default 300. */
  readonly periodSeconds?: number;
  readonly lines: readonly (MetricLine | ExpressionLine)[];
}

interface LogWidget {
  readonly title: string;
  /** A query of the function's log. */
  readonly query: string;
  readonly view: 'timeSeries' | 'table';
}

const DAY_IN_SECONDS = 86_400;

const WIDGETS: Record<WidgetName, (metrics: PipelineMetrics, settings: PipelineSettings) => MetricWidget | LogWidget> = {
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
  backlog: (metrics) => ({
    title: 'Age of the oldest event (minutes)',
    periodSeconds: 60,
    lines: [
      { metric: metrics.function('AsyncEventAge'), label: 'milliseconds', stat: 'Maximum', id: 'waiting', hidden: true },
      { metric: metrics.deadLetters('ApproximateAgeOfOldestMessage'), label: 'seconds', stat: 'Maximum', id: 'dead', hidden: true },
      { expression: 'waiting / 60000', label: 'When it reached the function' },
      { expression: 'dead / 60', label: 'In the dead-letter queue', yAxis: 'right' },
    ],
  }),
  outcomes: () => ({ title: 'Outcomes by status', query: LOG_QUERIES['outcomes-by-status'], view: 'timeSeries' }),
  failureCodes: () => ({ title: 'Failures by code', query: LOG_QUERIES['failure-codes'], view: 'table' }),
  latency: (metrics) => ({
    title: 'From upload to result (milliseconds)',
    lines: [
      { metric: metrics.own('EndToEndLatency'), label: 'Half of the photos (p50)', stat: 'p50' },
      { metric: metrics.own('EndToEndLatency'), label: '95 of 100 photos (p95)', stat: 'p95' },
    ],
  }),
  cost: costOfThousandPhotos,
};

/** Lambda, S3 requests and table writes at list prices. Storage, mails and logs are in `npm run pipeline -- estimate`. */
function costOfThousandPhotos(metrics: PipelineMetrics, { architecture, function: { memoryMb }, recipe }: PipelineSettings): MetricWidget {
  const perMillisecond = (firstPrice(architecture === 'arm64' ? PRICES.computeArm64 : PRICES.computeX86) * memoryMb) / 1024 / 1000;
  const perPhoto = firstPrice(PRICES.get) + recipe.renditions.length * firstPrice(PRICES.put);
  const costs = [
    `${decimal(perMillisecond)} * duration`,
    `${decimal(firstPrice(PRICES.invocation))} * invocations`,
    `${decimal(firstPrice(PRICES.tableWrite))} * writes`,
    `${decimal(perPhoto)} * photos`,
  ];
  return {
    title: 'Cost of a thousand photos (US dollars: Lambda, S3 requests, table writes)',
    periodSeconds: 3600,
    lines: [
      { metric: metrics.function('Duration'), label: 'milliseconds', stat: 'Sum', id: 'duration', hidden: true },
      { metric: metrics.function('Invocations'), label: 'invocations', stat: 'Sum', id: 'invocations', hidden: true },
      { metric: metrics.table('ConsumedWriteCapacityUnits'), label: 'write units', stat: 'Sum', id: 'writes', hidden: true },
      { metric: metrics.own('ProcessedImages'), label: 'photos', stat: 'Sum', id: 'photos', hidden: true },
      { expression: `1000 * (${costs.join(' + ')}) / photos`, label: 'A thousand processed photos' },
    ],
  };
}

/** Formats a small number without an exponent, which metric math does not accept. */
function decimal(value: number): string {
  return value.toFixed(15).replace(/0+$/, '');
}

/** CloudWatch's grid has 24 columns, enough for two widgets side by side. */
const WIDGET_WIDTH = 12;
const WIDGET_HEIGHT = 6;

export interface DashboardProps {
  readonly name: string;
  readonly settings: PipelineSettings;
  readonly metrics: PipelineMetrics;
}

/** The dashboard, with the widgets of the settings in order, two per row. */
export class Dashboard extends Construct {
  /** Address of the dashboard in the console. */
  readonly url: string;

  constructor(scope: Construct, id: string, { name, settings, metrics }: DashboardProps) {
    super(scope, id);
    const { region, dashboard } = settings;
    const widgets = dashboard.widgets.map((widget, index) => ({
      ...place(index),
      ...draw(WIDGETS[widget](metrics, settings), { region, logGroupName: metrics.logGroupName }),
    }));
    new CloudwatchDashboard(this, 'Resource', { dashboardName: name, dashboardBody: JSON.stringify({ widgets }) });
    this.url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`;
  }
}

function place(index: number): object {
  return {
    x: (index % 2) * WIDGET_WIDTH,
    y: Math.floor(index / 2) * WIDGET_HEIGHT,
    width: WIDGET_WIDTH,
    height: WIDGET_HEIGHT,
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
function draw(widget: MetricWidget | LogWidget, { region, logGroupName }: { region: string; logGroupName: string }): object {
  if ('query' in widget) {
    const { title, query, view } = widget;
    return { type: 'log', properties: { title, view, region, query: `SOURCE '${logGroupName}' | ${query}` } };
  }
  const { title, periodSeconds = 300, lines } = widget;
  return { type: 'metric', properties: { title, view: 'timeSeries', region, period: periodSeconds, metrics: lines.map(drawLine) } };
}

function drawLine(line: MetricLine | ExpressionLine): unknown[] {
  if ('expression' in line) return [line];
  const { metric, hidden, ...options } = line;
  const dimensions = Object.entries(metric.dimensions).flat();
  return [metric.namespace, metric.metricName, ...dimensions, { ...options, ...(hidden && { visible: false }) }];
}
