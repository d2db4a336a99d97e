import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRIC_NAMESPACE, METRICS, type MetricName } from './contract/metrics.ts';
import type { Outcome } from './contract/outcome.ts';

/**
 * Logs and metrics of the handler: one JSON line per outcome, metrics as EMF lines
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html). Keys
 * are logged, bodies and metadata values never. Nothing here can fail an image.
 */
export class Observer {
  readonly #logger: Logger;
  readonly #metrics: Metrics;

  /** @param functionName value of the metrics' dimension */
  constructor(functionName: string) {
    this.#logger = new Logger({ serviceName: functionName });
    this.#metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: functionName });
  }

  begin(requestId: string): void {
    safely(() => this.#logger.appendKeys({ requestId }));
  }

  outcome(outcome: Outcome, milliseconds: number): void {
    safely(() => {
      const failure = outcome.status === 'failed' ? { failureCode: outcome.failureCode, detail: outcome.detail } : {};
      const reason = outcome.status === 'ignored' ? { reason: outcome.reason } : {};
      this.#logger.info('outcome', { status: outcome.status, key: outcome.key, milliseconds, ...failure, ...reason });
      if (outcome.status === 'processed') this.#add('ProcessedImages', 1);
      if (outcome.status === 'failed') this.#add('ProcessingErrors', 1);
      if (outcome.status === 'processed' || outcome.status === 'failed') this.#add('ProcessingTime', milliseconds);
    });
  }

  fault(key: string, error: unknown): void {
    // Only name and message: SDK errors also carry what was sent.
    const { name, message } = error instanceof Error ? error : { name: typeof error, message: 'not an error' };
    safely(() => this.#logger.error('fault', { key, fault: name, detail: message }));
  }

  warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    safely(() => this.#logger.warn(message, { ...fields }));
  }

  end(): void {
    safely(() => {
      if (this.#metrics.hasStoredMetrics()) this.#metrics.publishStoredMetrics();
    });
  }

  #add(metric: MetricName, value: number): void {
    this.#metrics.addMetric(metric, METRICS[metric], value);
  }
}

function safely(tell: () => void): void {
  try {
    tell();
  } catch {
    // A log line or a figure that is lost must not cost a photo.
  }
}
