import { FAILURES, type ImageFacts } from '../../lambda-src/contract/outcome.ts';
import type { S3Event } from '../aws/s3-event.ts';
import type { UploadResult } from '../function/delivery-results.ts';
import type { FailedPhoto } from '../ui/components.tsx';
import { isSameSequencer, type Step, type StepEvent } from './progress-events.ts';

/** One event that reached the pipeline, and its outcome. */
export interface Delivery {
  readonly id: number;
  readonly key: string;
  /** The event of a new upload, the same event again, or the delayed event of an older version. */
  readonly kind: 'upload' | 'duplicate' | 'late';
  /** When the event arrived, in epoch milliseconds. */
  readonly since: number;
  /** Size of the original, if known. */
  bytes?: number | undefined;
  status: 'waiting' | 'working' | UploadResult['status'];
  /** When each step was finished, in milliseconds after the event arrived. */
  steps: Partial<Record<Step, number>>;
  /** Whether its claim was refused. */
  refused: boolean;
  /** Whether a separate message is sent for the outcome; undefined until that is known. */
  announced?: boolean | undefined;
  /** How many workers died while they processed it. */
  crashes: number;
  image?: ImageFacts | undefined;
  outputs: UploadResult['outputs'];
  failure?: FailedPhoto['failure'];
  /** Why it was ignored, or the last error. */
  detail?: string | undefined;
  milliseconds?: number | undefined;
  /** Whether the original is still in the embedded S3. */
  kept: boolean;
}

/** Formats that browsers display. */
export const DISPLAYED_FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'avif', 'gif'];

/** Whether there is an outcome. */
export function isFinished({ status }: Delivery): boolean {
  return status !== 'waiting' && status !== 'working';
}

/** Applies a step that the function has finished. */
export function advance(delivery: Delivery, event: StepEvent): void {
  const now = Date.now() - delivery.since;
  switch (event.type) {
    case 'claimed':
      delivery.status = 'working';
      delivery.steps = { upload: 0, claim: now };
      return;
    case 'refused':
      delivery.refused = true;
      return;
    case 'stored':
      // Renditions are stored as soon as they are rendered.
      delivery.steps.render ??= now;
      delivery.steps.store = now;
      return;
    case 'announced':
      delivery.steps.notify = now;
      return;
    case 'recorded':
      delivery.steps.record = now;
      if (event.image !== undefined) delivery.steps.render ??= now;
      delivery.image = event.image;
      delivery.bytes = event.size ?? delivery.bytes;
      delivery.announced = event.isAnnounced;
  }
}

/** Applies the outcome. */
export function finish(delivery: Delivery, { status, failureCode, detail, outputs, attempts }: UploadResult): void {
  delivery.status = status;
  delivery.failure = failureCode && { code: failureCode, ...FAILURES[failureCode] };
  delivery.detail = detail;
  delivery.outputs = outputs;
  delivery.crashes = Math.max(0, attempts - 1);
  delivery.milliseconds = Date.now() - delivery.since;
}

/** Figures of all deliveries since the preset was first started. */
export interface Totals {
  readonly outcomes: Record<UploadResult['status'], number>;
  /** Bytes of the originals that were rendered, and of their renditions. */
  bytesBefore: number;
  bytesAfter: number;
  mails: number;
  /** Workers that died. */
  crashes: number;
}

export function zeroTotals(): Totals {
  const outcomes = { deadLettered: 0, processed: 0, failed: 0, duplicate: 0, superseded: 0, gone: 0, ignored: 0 };
  return { outcomes, bytesBefore: 0, bytesAfter: 0, mails: 0, crashes: 0 };
}

/** Adds a delivery that has its outcome. */
export function countIn(totals: Totals, { status, outputs, bytes = 0, crashes }: Delivery): void {
  if (status === 'waiting' || status === 'working') return;
  totals.outcomes[status]++;
  totals.crashes += crashes;
  if (outputs.length === 0) return;
  totals.bytesBefore += bytes;
  totals.bytesAfter += outputs.reduce((sum, output) => sum + output.bytes, 0);
}

/** The event of an upload, and the delayed event of a version before it. */
export interface Events {
  readonly event: S3Event;
  readonly earlier: S3Event;
}

/** A delivery with the events to deliver it again. */
export interface Remembered {
  readonly delivery: Delivery;
  readonly events: Events;
}

/** How many deliveries the studio remembers. */
export const MAX_DELIVERIES = 1000;

/** How many notifications the studio remembers. */
export const MAX_MAILS = 100;

/** The newest deliveries, oldest first. */
export class DeliveryList {
  readonly #remembered: Map<number, Remembered>;

  constructor(remembered: readonly Remembered[]) {
    this.#remembered = new Map(remembered.map((each) => [each.delivery.id, each]));
  }

  get all(): readonly Delivery[] {
    return [...this.#remembered.values()].map(({ delivery }) => delivery);
  }

  get(id: number): Remembered | undefined {
    return this.#remembered.get(id);
  }

  /** Adds a delivery whose event has just arrived, and drops the oldest beyond the limit, unless one of them is still in flight. */
  add(id: number, start: Pick<Delivery, 'key' | 'kind' | 'bytes'>, events: Events): Delivery {
    const nothingYet = { status: 'waiting', steps: { upload: 0 }, refused: false, crashes: 0, outputs: [], kept: true } as const;
    const delivery: Delivery = { id, ...start, since: Date.now(), ...nothingYet };
    this.#remembered.set(id, { delivery, events });
    for (const [old, { delivery }] of this.#remembered) {
      if (this.#remembered.size <= MAX_DELIVERIES || !isFinished(delivery)) break;
      this.#remembered.delete(old);
    }
    return delivery;
  }

  /** Whether the event of a delivery has this sequencer. */
  isOf(id: number, sequencer: string): boolean {
    const [record] = this.#remembered.get(id)?.events.event.Records ?? [];
    return record !== undefined && isSameSequencer(record.s3.object.sequencer, sequencer);
  }
}
