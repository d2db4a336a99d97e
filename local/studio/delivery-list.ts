import type { S3Event } from '../aws/s3-event.ts';
import { type Delivery, isFinished, newDelivery } from './delivery.ts';
import { sameSequencer } from './steps.ts';

/** The event of an upload, and one of a version before it that got stuck on its way. */
export interface Events {
  readonly event: S3Event;
  readonly earlier: S3Event;
}

/** A delivery and what is needed to deliver it again. */
export interface Remembered {
  readonly delivery: Delivery;
  readonly events: Events;
}

/** Deliveries that are remembered; older ones are forgotten. */
export const MAX_DELIVERIES = 1000;

/** What came, the oldest first. */
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

  /** Adds a delivery; the oldest is forgotten for it when there are too many, unless it is still on its way. */
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
    return record !== undefined && sameSequencer(record.s3.object.sequencer, sequencer);
  }
}
