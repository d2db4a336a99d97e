import { FAILURES, type FailureCode, type ImageFacts } from '../../lambda-src/contract/outcome.ts';
import type { UploadResult } from '../function/delivery-results.ts';
import type { Progress, Step } from './steps.ts';

/** One event on its way through the pipeline, as the page shows it. */
export interface Delivery {
  readonly id: number;
  readonly key: string;
  /** An upload of its own, its event once more, or the event of an older version that comes too late. */
  readonly kind: 'upload' | 'duplicate' | 'late';
  /** When the event came, in epoch milliseconds. */
  readonly since: number;
  /** Size of the original, as far as it is known. */
  bytes?: number | undefined;
  status: 'waiting' | 'working' | UploadResult['status'];
  /** When each step was finished, in milliseconds from the event. */
  steps: Partial<Record<Step, number>>;
  /** Whether another event had the claim. */
  refused: boolean;
  /** Whether this outcome is announced one by one; undefined as long as nobody knows. */
  announced?: boolean | undefined;
  /** Workers that died over it. */
  crashes: number;
  image?: ImageFacts | undefined;
  outputs: UploadResult['outputs'];
  failure?: Failure | undefined;
  /** Why it was ignored, or what the last error was. */
  detail?: string | undefined;
  milliseconds?: number | undefined;
  /** Whether the original still stands in the embedded S3. */
  kept: boolean;
}

/** Why an image failed, for people. */
interface Failure {
  readonly code: FailureCode;
  readonly sentence: string;
  readonly hint: string;
}

/** A delivery at its start. */
export function newDelivery(id: number, start: Pick<Delivery, 'key' | 'kind' | 'bytes'>): Delivery {
  return { id, ...start, since: Date.now(), status: 'waiting', steps: { upload: 0 }, refused: false, crashes: 0, outputs: [], kept: true };
}

/** Whether there is an outcome. */
export function isFinished({ status }: Delivery): boolean {
  return status !== 'waiting' && status !== 'working';
}

/** Takes note of a step. */
export function advance(delivery: Delivery, progress: Progress): void {
  const now = Date.now() - delivery.since;
  switch (progress.sign) {
    case 'claimed':
      delivery.status = 'working';
      delivery.steps = { upload: 0, claim: now };
      return;
    case 'refused':
      delivery.refused = true;
      return;
    case 'stored':
      // What is stored was rendered a moment ago.
      delivery.steps.render ??= now;
      delivery.steps.store = now;
      return;
    case 'announced':
      delivery.steps.notify = now;
      return;
    case 'recorded':
      delivery.steps.record = now;
      if (progress.image !== undefined) delivery.steps.render ??= now;
      delivery.image = progress.image;
      delivery.bytes = progress.size ?? delivery.bytes;
      delivery.announced = !progress.silent;
  }
}

/** Writes the outcome down. */
export function finish(delivery: Delivery, { status, failureCode, detail, outputs, attempts }: UploadResult): void {
  delivery.status = status;
  delivery.failure = failureCode && { code: failureCode, ...FAILURES[failureCode] };
  delivery.detail = detail;
  delivery.outputs = outputs;
  delivery.crashes = Math.max(0, attempts - 1);
  delivery.milliseconds = Date.now() - delivery.since;
}
