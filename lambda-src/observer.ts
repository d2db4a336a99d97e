import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRIC_NAMESPACE, METRICS, type MetricName } from './contract/metrics.ts';
import type { Outcome } from './contract/outcome.ts';
import type { Reconciled } from './reconcile/reconcile.ts';

/**
 * Writes the handler's logs and metrics: one JSON line per outcome, and metrics as EMF lines
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html). Logs keys, but never
 * bodies or metadata values. Its own errors never fail an image.
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

  received(keys: readonly string[]): void {
    safely(() => this.#logger.debug('received', { keys }));
  }

  outcome(outcome: Outcome, milliseconds: number, sinceUpload?: number): void {
    safely(() => {
      const failure = outcome.status === 'failed' ? { failureCode: outcome.failureCode, detail: outcome.detail } : {};
      const reason = outcome.status === 'ignored' ? { reason: outcome.reason } : {};
      this.#logger.info('outcome', { status: outcome.status, key: outcome.key, milliseconds, ...failure, ...reason });
      if (outcome.status === 'processed') this.#add('ProcessedImages', 1);
      if (outcome.status === 'processed' && sinceUpload !== undefined) this.#add('EndToEndLatency', sinceUpload);
      if (outcome.status === 'failed') this.#add('ProcessingErrors', 1);
      if (outcome.status === 'processed' || outcome.status === 'failed') this.#add('ProcessingTime', milliseconds);
    });
  }

  repeated(outcome: Outcome): void {
    safely(() => this.#logger.info('outcome', { status: outcome.status, key: outcome.key, repeated: true }));
  }

  fault(key: string, error: unknown): void {
    // Log only name and message: SDK errors also contain the request.
    const { name, message } = error instanceof Error ? error : { name: typeof error, message: 'not an error' };
    safely(() => this.#logger.error('fault', { key, fault: name, detail: message }));
  }

  warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    safely(() => this.#logger.warn(message, { ...fields }));
  }

  /** Receives what a reconciliation has found. Zeros count, too: they end an alarm. */
  reconciled(found: Reconciled): void {
    safely(() => {
      this.#logger.info('reconciliation', { ...found });
      this.#add('MissingPhotos', found.missing);
      this.#add('StuckPhotos', found.stuck);
      this.#add('OrphanedRenditions', found.orphaned);
    });
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

function safely(write: () => void): void {
  try {
    write();
  } catch {
    // A lost log line or metric must not fail a photo.
  }
}
