/** CloudWatch namespace of the pipeline's own metrics. */
export const METRIC_NAMESPACE = 'ImageProcessing';

/** The only dimension of these metrics; its value is the function's name. */
export const METRIC_DIMENSION = 'service';

/** The pipeline's own metrics and their CloudWatch units. The handler emits them; alarms and dashboards read them. */
export const METRICS = {
  /** Images that this invocation committed as processed. */
  ProcessedImages: 'Count',
  /** Images that failed through their own fault; system faults count as Lambda's `Errors`. */
  ProcessingErrors: 'Count',
  /** Time from the claim to the commit of one image. */
  ProcessingTime: 'Milliseconds',
  /**
   * Time from an upload, as S3 reports it, to the commit of its renditions: waiting and retries included. Backfills do not count, because their
   * photos were uploaded long before.
   */
  EndToEndLatency: 'Milliseconds',
} as const;

export type MetricName = keyof typeof METRICS;
