/** CloudWatch namespace of the pipeline's own metrics. */
export const METRIC_NAMESPACE = 'ImageProcessing';

/** The one dimension of those metrics: its value is the function's name. */
export const METRIC_DIMENSION = 'service';

/** The pipeline's own metrics and their CloudWatch units: the handler emits them, alarms and dashboards read them. */
export const METRICS = {
  /** Images whose effect this invocation committed as processed. */
  ProcessedImages: 'Count',
  /** Images recorded as failed by their own fault; faults of the system are Lambda's `Errors`. */
  ProcessingErrors: 'Count',
  /** From the claim to the commit of one image. */
  ProcessingTime: 'Milliseconds',
} as const;

export type MetricName = keyof typeof METRICS;
