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
  /** Photos in the bucket without an effect, found by the current reconciliation so far. */
  MissingPhotos: 'Count',
  /** Photos that were begun and not finished, or whose message was not sent. */
  StuckPhotos: 'Count',
  /** Renditions whose original does not exist. */
  OrphanedRenditions: 'Count',
} as const;

export type MetricName = keyof typeof METRICS;

/** Metrics that only a deployment with reconciliation has. */
export const RECONCILIATION_METRICS: readonly MetricName[] = ['MissingPhotos', 'StuckPhotos', 'OrphanedRenditions'];
