import type { S3Event } from '../aws/s3-event.ts';
import { type Delivery, isFinished, newDelivery } from './delivery.ts';
import { isSameSequencer } from './progress-events.ts';

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

  /** Adds a delivery and drops the oldest beyond the limit, unless one of them is still in flight. */
  add(id: number, start: Pick<Delivery, 'key' | 'kind' | 'bytes'>, events: Events): Delivery {
    const delivery = newDelivery(id, start);
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
